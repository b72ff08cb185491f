#include "serve/cluster_board.h"

#include <map>
#include <utility>
#include <vector>

#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

std::optional<std::int64_t> id_or_none(int id) {
  return id < 0 ? std::nullopt : std::optional<std::int64_t>(id);
}

void put_topic(JsonText& json, const flow::ClusterTopic& topic) {
  json.begin('{').key("topic").text(topic.name).key("partitions").begin('[');
  for (const flow::ClusterPartition& partition : topic.partitions) {
    json.begin('{');
    json.key("partition").number_or_null(partition.id);
    json.key("leader").number_or_null(id_or_none(partition.leader));
    json.key("replicas").ids(partition.replicas);
    json.key("in_sync").ids(partition.in_sync);
    json.key("first").number_or_null(partition.first);
    json.key("next").number_or_null(partition.next);
    json.end('}');
  }
  json.end(']').end('}');
}

void put_group(JsonText& json, const flow::ReaderGroup& group) {
  std::map<flow::ClusterPlace, const flow::ReaderMember*> holders;
  json.begin('{').key("group").text(group.name).key("state").text(group.state);
  json.key("protocol").text(group.protocol).key("coordinator").text(group.coordinator);
  json.key("members").begin('[');
  for (const flow::ReaderMember& member : group.members) {
    put_member(json, member);
    for (const flow::ClusterPlace& place : member.partitions) holders.emplace(place, &member);
  }
  json.end(']').key("offsets").begin('[');
  for (const flow::ReaderOffset& offset : group.offsets) {
    json.begin('{').key("topic").text(offset.place.topic);
    json.key("partition").number_or_null(offset.place.partition);
    json.key("committed").number_or_null(offset.committed);
    json.key("lag").number_or_null(offset.lag);
    const auto holder = holders.find(offset.place);
    json.key("member").text(holder == holders.end() ? "" : holder->second->id).end('}');
  }
  json.end(']').end('}');
}

}  // namespace

void put_member(JsonText& json, const flow::ReaderMember& member) {
  json.begin('{').key("member").text(member.id).key("instance").text(member.instance_id);
  json.key("client").text(member.client_id).key("host").text(member.host).key("partitions").begin('[');
  for (const flow::ClusterPlace& place : member.partitions) {
    json.begin('{').key("topic").text(place.topic);
    json.key("partition").number_or_null(place.partition);
    json.end('}');
  }
  json.end(']').end('}');
}

std::string cluster_json(const flow::ClusterState& state, base::TsNanos read_at) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("cluster").text(state.id).key("pipeline").text(state.pipeline);
  json.key("read_at").time(read_at).key("brokers").begin('[');
  for (const flow::Broker& broker : state.brokers) {
    json.begin('{');
    json.key("id").number_or_null(broker.id);
    json.key("address").text(broker.address).key("controller").boolean(broker.controller).end('}');
  }
  json.end(']').key("topics").begin('[');
  for (const flow::ClusterTopic& topic : state.topics) put_topic(json, topic);
  json.end(']').key("groups").begin('[');
  for (const flow::ReaderGroup& group : state.groups) put_group(json, group);
  json.end(']').key("groups_left_out").number(state.groups_left_out).key("groups_error");
  state.groups_error.empty() ? json.null() : json.text(state.groups_error);
  json.end('}');
  return out;
}

base::Result<ClusterBoard::Json> ClusterBoard::state() {
  return state_.get([this]() -> base::Result<Json> {
    ASSIGN_OR_RETURN(const flow::ClusterState state, view_.state());
    return std::make_shared<const std::string>(cluster_json(state, clock_.wall_now()));
  });
}

base::Result<flow::MessagePage> ClusterBoard::messages(const flow::MessageQuery& query) {
  if (const auto known = state_.fresh(); known && !known->ok()) return known->error();
  return view_.messages(query);
}

}  // namespace tickerhouse::serve

#include "serve/cluster_board.h"

#include <map>
#include <utility>
#include <vector>

#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

void put(JsonText& json, const char* key, const std::optional<std::int64_t>& number) {
  json.key(key);
  number ? json.number(static_cast<std::uint64_t>(*number)) : json.null();
}

void put_id(JsonText& json, const char* key, int id) {
  put(json, key, id < 0 ? std::nullopt : std::optional<std::int64_t>(id));
}

void put_ids(JsonText& json, const char* key, const std::vector<int>& ids) {
  json.key(key).begin('[');
  for (const int id : ids) json.number(static_cast<std::uint64_t>(id));
  json.end(']');
}

void put_topic(JsonText& json, const flow::ClusterTopic& topic) {
  json.begin('{').key("topic").text(topic.name).key("partitions").begin('[');
  for (const flow::ClusterPartition& partition : topic.partitions) {
    json.begin('{');
    put(json, "partition", partition.id);
    put_id(json, "leader", partition.leader);
    put_ids(json, "replicas", partition.replicas);
    put_ids(json, "in_sync", partition.in_sync);
    put(json, "first", partition.first);
    put(json, "next", partition.next);
    json.end('}');
  }
  json.end(']').end('}');
}

void put_member(JsonText& json, const flow::ReaderMember& member) {
  json.begin('{').key("member").text(member.id).key("instance").text(member.instance_id);
  json.key("client").text(member.client_id).key("host").text(member.host).key("partitions").begin('[');
  for (const flow::ClusterPlace& place : member.partitions) {
    json.begin('{').key("topic").text(place.topic);
    put(json, "partition", place.partition);
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
    put(json, "partition", offset.place.partition);
    put(json, "committed", offset.committed);
    put(json, "lag", offset.lag);
    const auto holder = holders.find(offset.place);
    json.key("member").text(holder == holders.end() ? "" : holder->second->id).end('}');
  }
  json.end(']').end('}');
}

}  // namespace

std::string cluster_json(const flow::ClusterState& state, base::TsNanos read_at) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("cluster").text(state.id).key("pipeline").text(state.pipeline);
  json.key("read_at").time(read_at).key("brokers").begin('[');
  for (const flow::Broker& broker : state.brokers) {
    json.begin('{');
    put(json, "id", broker.id);
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

#include "tape/kafka/group_admin.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/check.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::tape::kafka {
namespace {

std::string of_group(const std::string& name) { return std::string("group ").append(name); }
std::string text(const char* maybe) { return maybe == nullptr ? std::string() : std::string(maybe); }

base::Result<std::vector<std::string>> group_list_once(Client& client, Refused& refused) {
  Request request(client, "list of groups", refused);
  rd_kafka_ListConsumerGroups(client.get(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  const rd_kafka_ListConsumerGroups_result_t* result = rd_kafka_event_ListConsumerGroups_result(answer.get());
  std::size_t count = 0;
  // One broker's silence would hide its groups.
  const rd_kafka_error_t** errors = rd_kafka_ListConsumerGroups_result_errors(result, &count);
  if (count > 0)
    return request.refuse(rd_kafka_error_code(errors[0]), rd_kafka_error_string(errors[0]), "list of groups");
  const rd_kafka_ConsumerGroupListing_t** groups = rd_kafka_ListConsumerGroups_result_valid(result, &count);
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(rd_kafka_ConsumerGroupListing_group_id(groups[i]));
  std::sort(all.begin(), all.end());
  return all;
}

base::Result<std::vector<std::string>> group_list(Client& client) {
  return patiently(client, [&](Refused& refused) { return group_list_once(client, refused); });
}

GroupMember member_of(const rd_kafka_MemberDescription_t* raw) {
  GroupMember member{text(rd_kafka_MemberDescription_consumer_id(raw)),
                     text(rd_kafka_MemberDescription_group_instance_id(raw)),
                     text(rd_kafka_MemberDescription_client_id(raw)),
                     text(rd_kafka_MemberDescription_host(raw)),
                     {}};
  if (member.host.starts_with("/")) member.host.erase(0, 1);  // as Java prints addresses
  const rd_kafka_MemberAssignment_t* assignment = rd_kafka_MemberDescription_assignment(raw);
  const rd_kafka_topic_partition_list_t* places =
      assignment == nullptr ? nullptr : rd_kafka_MemberAssignment_partitions(assignment);
  for (int i = 0; places != nullptr && i < places->cnt; ++i)
    member.partitions.push_back({places->elems[i].topic, places->elems[i].partition});
  std::sort(member.partitions.begin(), member.partitions.end());
  return member;
}

GroupState state_of(const rd_kafka_ConsumerGroupDescription_t* group) {
  GroupState state;
  state.name = rd_kafka_ConsumerGroupDescription_group_id(group);
  state.state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group));
  const rd_kafka_consumer_group_type_t type = rd_kafka_ConsumerGroupDescription_type(group);
  if (type == RD_KAFKA_CONSUMER_GROUP_TYPE_CONSUMER) state.protocol = "consumer";
  if (type == RD_KAFKA_CONSUMER_GROUP_TYPE_CLASSIC) state.protocol = "classic";
  state.assignor = text(rd_kafka_ConsumerGroupDescription_partition_assignor(group));
  if (const rd_kafka_Node_t* node = rd_kafka_ConsumerGroupDescription_coordinator(group); node != nullptr)
    state.coordinator = text(rd_kafka_Node_host(node))
                            .append(":")
                            .append(std::to_string(rd_kafka_Node_port(node)))
                            .append(" (id ")
                            .append(std::to_string(rd_kafka_Node_id(node)))
                            .append(")");
  const std::size_t members = rd_kafka_ConsumerGroupDescription_member_count(group);
  for (std::size_t i = 0; i < members; ++i)
    state.members.push_back(member_of(rd_kafka_ConsumerGroupDescription_member(group, i)));
  std::sort(state.members.begin(), state.members.end(),
            [](const GroupMember& a, const GroupMember& b) { return a.id < b.id; });
  return state;
}

// Of those that are there. Older brokers call what was never there dead.
base::Result<std::vector<GroupState>> states_once(Client& client, const std::vector<std::string>& wanted,
                                                  Refused& refused) {
  std::vector<GroupState> found;
  if (wanted.empty()) return found;
  auto pointers = pointers_to(wanted);
  Request request(client, "describing groups", refused);
  rd_kafka_DescribeConsumerGroups(client.get(), pointers.data(), pointers.size(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t** all = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_ConsumerGroupDescription_error(all[i]);
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    if (code == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) continue;
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return request.refuse(code, rd_kafka_error_string(error),
                            of_group(rd_kafka_ConsumerGroupDescription_group_id(all[i])));
    if (rd_kafka_ConsumerGroupDescription_state(all[i]) != RD_KAFKA_CONSUMER_GROUP_STATE_DEAD)
      found.push_back(state_of(all[i]));
  }
  std::sort(found.begin(), found.end(),
            [](const GroupState& a, const GroupState& b) { return a.name < b.name; });
  return found;
}

base::Result<std::vector<GroupState>> states(Client& client, const std::vector<std::string>& wanted) {
  return patiently(client, [&](Refused& refused) { return states_once(client, wanted, refused); });
}

// Made by open_for_group().
bool has_group(Client& client) {
  const Owned<rd_kafka_consumer_group_metadata_t> group(rd_kafka_consumer_group_metadata(client.get()));
  return group != nullptr;
}

base::Result<Offsets> committed_once(Client& client, const std::string& group, Refused& refused) {
  CHECK(has_group(client));
  const Owned<rd_kafka_ListConsumerGroupOffsets_t> asked(
      rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), nullptr));
  rd_kafka_ListConsumerGroupOffsets_t* raw = asked.get();
  Request request(client, "offsets of a group", refused);
  rd_kafka_ListConsumerGroupOffsets(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_group_result_t** results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &count);
  Offsets found;
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]); error != nullptr)
      return request.refuse(rd_kafka_error_code(error), rd_kafka_error_string(error), of_group(group));
    const rd_kafka_topic_partition_list_t* places = rd_kafka_group_result_partitions(results[i]);
    for (int k = 0; places != nullptr && k < places->cnt; ++k)
      if (places->elems[k].offset >= 0)
        found.emplace(Place{places->elems[k].topic, places->elems[k].partition}, places->elems[k].offset);
  }
  return found;
}

// Those of the places that the cluster still has.
base::Result<std::vector<Place>> existing(Client& client, const std::set<Place>& places) {
  ASSIGN_OR_RETURN(const std::vector<TopicState> topics, list_topics(client));
  std::vector<Place> found;
  for (const TopicState& topic : topics)
    for (const PartitionState& partition : topic.partitions)
      if (partition.leader >= 0 && places.contains({topic.name, partition.id}))
        found.push_back({topic.name, partition.id});
  return found;
}

base::Result<std::vector<Place>> places_to_reset(Client& client, const std::string& group,
                                                 const Offsets& before,
                                                 const std::vector<std::string>& topics) {
  std::set<Place> places;
  for (const auto& [place, offset] : before)
    if (topics.empty()) places.insert(place);
  if (topics.empty() && places.empty())
    return base::Error{base::ErrorCode::invalid_argument,
                       "has committed nothing yet: name the topics to set with --topic", of_group(group)};
  if (topics.empty()) return existing(client, places);
  std::vector<Place> all;
  for (const std::string& topic : topics) {
    ASSIGN_OR_RETURN(const std::vector<Place> places_of_it, places_of(client, topic));
    all.insert(all.end(), places_of_it.begin(), places_of_it.end());
  }
  return all;
}

base::Status store_once(Client& client, const std::string& group, const std::vector<ResetOffset>& wanted,
                        Refused& refused) {
  const PlaceList list(rd_kafka_topic_partition_list_new(static_cast<int>(wanted.size())));
  for (const ResetOffset& one : wanted)
    if (one.after)
      rd_kafka_topic_partition_list_add(list.get(), one.place.topic.c_str(), one.place.partition)->offset =
          *one.after;
  if (list->cnt == 0) return {};
  const Owned<rd_kafka_AlterConsumerGroupOffsets_t> change(
      rd_kafka_AlterConsumerGroupOffsets_new(group.c_str(), list.get()));
  rd_kafka_AlterConsumerGroupOffsets_t* raw = change.get();
  Request request(client, "setting offsets of a group", refused);
  rd_kafka_AlterConsumerGroupOffsets(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_group_result_t** results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]); error != nullptr)
      return request.refuse(rd_kafka_error_code(error), rd_kafka_error_string(error), of_group(group));
    const rd_kafka_topic_partition_list_t* places = rd_kafka_group_result_partitions(results[i]);
    for (int k = 0; places != nullptr && k < places->cnt; ++k)
      if (places->elems[k].err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return request.refuse(places->elems[k].err, nullptr, of_group(group));
  }
  return {};
}

base::Status store(Client& client, const std::string& group, const std::vector<ResetOffset>& wanted) {
  return patiently(client, [&](Refused& refused) { return store_once(client, group, wanted, refused); });
}

base::Status delete_once(Client& client, const std::string& name, Refused& refused) {
  const Owned<rd_kafka_DeleteGroup_t> group(rd_kafka_DeleteGroup_new(name.c_str()));
  rd_kafka_DeleteGroup_t* raw = group.get();
  Request request(client, "deleting a group", refused);
  rd_kafka_DeleteGroups(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_group_result_t** results =
      rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_group_result_error(results[i]);
    if (error == nullptr) continue;
    if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return no_group(name);
    return request.refuse(rd_kafka_error_code(error), rd_kafka_error_string(error), of_group(name));
  }
  return {};
}

// Where a reset of one partition leads, before it is held within what the partition has.
std::optional<std::int64_t> target(const Reset& reset, const std::optional<std::int64_t>& before,
                                   std::int64_t edge) {
  if (reset.to == ResetTo::offset) return reset.value;
  if (reset.to != ResetTo::shift) return edge;
  if (!before) return std::nullopt;
  return *before + reset.value;
}

}  // namespace

std::optional<std::int64_t> GroupOffset::lag() const {
  if (!committed) return std::nullopt;
  return std::max<std::int64_t>(0, end - *committed);
}

base::Result<std::unique_ptr<Client>> open_for_group(const Connection& connection, const std::string& name) {
  return Client::open(Role::overseer, connection, {{"group.id", name}});
}

base::Result<std::vector<GroupState>> list_groups(Client& client) {
  ASSIGN_OR_RETURN(const std::vector<std::string> all, group_list(client));
  return states(client, all);
}

base::Result<GroupState> describe_group(Client& client, const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<GroupState> found, states(client, {name}));
  if (found.empty()) return no_group(name);
  return std::move(found.front());
}

base::Result<Offsets> committed(Client& client, const std::string& group) {
  return patiently(client, [&](Refused& refused) { return committed_once(client, group, refused); });
}

base::Result<std::vector<GroupOffset>> offsets_of(Client& client, const GroupState& group) {
  ASSIGN_OR_RETURN(const Offsets before, committed(client, group.name));
  std::set<Place> wanted;
  for (const auto& [place, offset] : before) wanted.insert(place);
  for (const GroupMember& member : group.members)
    wanted.insert(member.partitions.begin(), member.partitions.end());
  ASSIGN_OR_RETURN(const std::vector<Place> places, existing(client, wanted));
  ASSIGN_OR_RETURN(const Offsets ends, offsets_at(client, places, Edge::end));
  std::vector<GroupOffset> all;
  for (const Place& place : places) {
    GroupOffset one{place, std::nullopt, ends.at(place)};
    if (const auto found = before.find(place); found != before.end()) one.committed = found->second;
    all.push_back(std::move(one));
  }
  return all;
}

base::Result<std::vector<ResetOffset>> reset_group(Client& client, const std::string& name,
                                                   const Reset& reset) {
  ASSIGN_OR_RETURN(const GroupState group, describe_group(client, name));
  if (!group.members.empty())
    return base::Error{base::ErrorCode::busy,
                       std::string("has ")
                           .append(std::to_string(group.members.size()))
                           .append(group.members.size() == 1 ? " member" : " members")
                           .append(", who would commit over it: end them first"),
                       of_group(name)};
  ASSIGN_OR_RETURN(const Offsets before, committed(client, name));
  ASSIGN_OR_RETURN(const std::vector<Place> places, places_to_reset(client, name, before, reset.topics));
  ASSIGN_OR_RETURN(const Offsets lows, offsets_at(client, places, Edge::beginning));
  ASSIGN_OR_RETURN(const Offsets highs, offsets_at(client, places, Edge::end));
  Offsets edges = reset.to == ResetTo::beginning ? lows : highs;
  if (reset.to == ResetTo::time) {
    ASSIGN_OR_RETURN(edges, offsets_from(client, places, reset.value));
  }
  std::vector<ResetOffset> all;
  for (const Place& place : places) {
    ResetOffset one{place, std::nullopt, std::nullopt};
    if (const auto found = before.find(place); found != before.end()) one.before = found->second;
    one.after = target(reset, one.before, edges.at(place));
    if (one.after) one.after = std::clamp(*one.after, lows.at(place), highs.at(place));
    all.push_back(std::move(one));
  }
  if (!reset.dry_run) RETURN_IF_ERROR(store(client, name, all));
  return all;
}

base::Status delete_group(Client& client, const std::string& name) {
  return patiently(client, [&](Refused& refused) { return delete_once(client, name, refused); });
}

}  // namespace tickerhouse::tape::kafka

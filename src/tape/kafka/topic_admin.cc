#include "tape/kafka/topic_admin.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <utility>

#include "flow/tape.h"
#include "tape/kafka/offset_admin.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr int kPauseMs = 20;

std::string of_topic(const std::string& name) { return std::string("topic ").append(name); }

base::Result<std::vector<std::string>> topic_list(Client& client) {
  ASSIGN_OR_RETURN(const auto metadata, all_topics(client, client.patience()));
  std::vector<std::string> all;
  all.reserve(static_cast<std::size_t>(metadata->topic_cnt));
  for (int i = 0; i < metadata->topic_cnt; ++i) all.emplace_back(metadata->topics[i].topic);
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<int> ids(const rd_kafka_Node_t** nodes, std::size_t count) {
  std::vector<int> found;
  for (std::size_t i = 0; i < count; ++i) found.push_back(rd_kafka_Node_id(nodes[i]));
  return found;
}

TopicState state_of(const rd_kafka_TopicDescription_t* topic) {
  TopicState state;
  state.name = rd_kafka_TopicDescription_name(topic);
  state.internal = rd_kafka_TopicDescription_is_internal(topic) != 0;
  std::size_t count = 0;
  const rd_kafka_TopicPartitionInfo_t** partitions = rd_kafka_TopicDescription_partitions(topic, &count);
  for (std::size_t i = 0; i < count; ++i) {
    PartitionState one;
    one.id = rd_kafka_TopicPartitionInfo_partition(partitions[i]);
    if (const rd_kafka_Node_t* leader = rd_kafka_TopicPartitionInfo_leader(partitions[i]); leader != nullptr)
      one.leader = rd_kafka_Node_id(leader);
    std::size_t nodes = 0;
    const rd_kafka_Node_t** replicas = rd_kafka_TopicPartitionInfo_replicas(partitions[i], &nodes);
    one.replicas = ids(replicas, nodes);
    const rd_kafka_Node_t** in_sync = rd_kafka_TopicPartitionInfo_isr(partitions[i], &nodes);
    one.in_sync = ids(in_sync, nodes);
    state.partitions.push_back(std::move(one));
  }
  std::sort(state.partitions.begin(), state.partitions.end(),
            [](const PartitionState& a, const PartitionState& b) { return a.id < b.id; });
  return state;
}

base::Result<TopicState> state(Client& client, const std::string& name) {
  ASSIGN_OR_RETURN(std::vector<TopicState> found, find_topics(client, {name}));
  if (found.empty()) return no_topic(name);
  return std::move(found.front());
}

base::Result<std::vector<TopicSetting>> settings(Client& client, const std::string& name) {
  const Owned<rd_kafka_ConfigResource_t> asked(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  rd_kafka_ConfigResource_t* raw = asked.get();
  Request request(client, "settings of a topic");
  rd_kafka_DescribeConfigs(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  std::vector<TopicSetting> found;
  for (std::size_t i = 0; i < count; ++i) {
    if (const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refusal(client, code, rd_kafka_ConfigResource_error_string(resources[i]), of_topic(name));
    std::size_t entries = 0;
    const rd_kafka_ConfigEntry_t** all = rd_kafka_ConfigResource_configs(resources[i], &entries);
    for (std::size_t k = 0; k < entries; ++k) {
      const rd_kafka_ConfigSource_t source = rd_kafka_ConfigEntry_source(all[k]);
      if (source == RD_KAFKA_CONFIG_SOURCE_DEFAULT_CONFIG) continue;
      const char* value = rd_kafka_ConfigEntry_value(all[k]);
      found.push_back({rd_kafka_ConfigEntry_name(all[k]), value == nullptr ? "" : value,
                       source != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG});
    }
  }
  std::sort(found.begin(), found.end(),
            [](const TopicSetting& a, const TopicSetting& b) { return a.name < b.name; });
  return found;
}

base::Status check_results(const Client& client, const rd_kafka_topic_result_t** results, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_topic_result_name(results[i]);
    const rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return no_topic(name);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refusal(client, code, rd_kafka_topic_result_error_string(results[i]), of_topic(name));
  }
  return {};
}

// A topic or partition that was made is not at once known to every broker.
base::Status wait_for_leaders(Client& client, const std::string& name, int partitions) {
  for (int waited = 0;; waited += kPauseMs) {
    ASSIGN_OR_RETURN(const std::vector<TopicState> found, find_topics(client, {name}));
    if (!found.empty() && static_cast<int>(found.front().partitions.size()) >= partitions &&
        std::all_of(found.front().partitions.begin(), found.front().partitions.end(),
                    [](const PartitionState& partition) { return partition.leader >= 0; }))
      return {};
    if (waited >= client.patience())
      return base::Error{base::ErrorCode::io, "was made, but not every partition has a leader",
                         of_topic(name)};
    client.poll(kPauseMs);
  }
}

base::Status add_partitions(Client& client, const TopicState& now, int partitions) {
  const std::string& name = now.name;
  ASSIGN_OR_RETURN(const std::string pipeline, pipeline_of(client, name));
  if (!pipeline.empty())
    return base::Error{base::ErrorCode::configuration,
                       std::string("belongs to the pipeline ")
                           .append(pipeline)
                           .append(": its number of partitions is fixed when it is made, for they say where "
                                   "a symbol is"),
                       of_topic(name)};
  if (partitions <= static_cast<int>(now.partitions.size()))
    return base::Error{base::ErrorCode::invalid_argument,
                       std::string("has ")
                           .append(std::to_string(now.partitions.size()))
                           .append(" partitions; they can only become more"),
                       of_topic(name)};
  std::array<char, kErrorBytes> why{};
  const Owned<rd_kafka_NewPartitions_t> more(
      rd_kafka_NewPartitions_new(name.c_str(), static_cast<std::size_t>(partitions), why.data(), why.size()));
  if (more == nullptr) return base::Error{base::ErrorCode::invalid_argument, why.data(), of_topic(name)};
  rd_kafka_NewPartitions_t* raw = more.get();
  Request request(client, "adding partitions");
  rd_kafka_CreatePartitions(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(answer.get()), &count);
  RETURN_IF_ERROR(check_results(client, results, count));
  return wait_for_leaders(client, name, partitions);
}

base::Status set(Client& client, const std::string& name,
                 const std::map<std::string, std::optional<std::string>>& changes) {
  const Owned<rd_kafka_ConfigResource_t> config(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
  for (const auto& [key, value] : changes) {
    const Owned<rd_kafka_error_s> error(rd_kafka_ConfigResource_add_incremental_config(
        config.get(), key.c_str(),
        value ? RD_KAFKA_ALTER_CONFIG_OP_TYPE_SET : RD_KAFKA_ALTER_CONFIG_OP_TYPE_DELETE,
        value ? value->c_str() : nullptr));
    if (error != nullptr)
      return refusal(client, rd_kafka_error_code(error.get()), rd_kafka_error_string(error.get()), key);
  }
  rd_kafka_ConfigResource_t* raw = config.get();
  Request request(client, "settings of a topic");
  rd_kafka_IncrementalAlterConfigs(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** results = rd_kafka_IncrementalAlterConfigs_result_resources(
      rd_kafka_event_IncrementalAlterConfigs_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i)
    if (const rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(results[i]);
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return refusal(client, code, rd_kafka_ConfigResource_error_string(results[i]), of_topic(name));
  return {};
}

std::size_t fewest(const TopicState& topic, std::vector<int> PartitionState::*brokers) {
  if (topic.partitions.empty()) return 0;
  std::size_t least = (topic.partitions.front().*brokers).size();
  for (const PartitionState& partition : topic.partitions)
    least = std::min(least, (partition.*brokers).size());
  return least;
}

}  // namespace

std::size_t TopicState::replicas() const { return fewest(*this, &PartitionState::replicas); }
std::size_t TopicState::in_sync() const { return fewest(*this, &PartitionState::in_sync); }

base::Result<std::vector<TopicState>> find_topics(Client& client, const std::vector<std::string>& wanted) {
  std::vector<TopicState> found;
  if (wanted.empty()) return found;
  auto pointers = pointers_to(wanted);
  const Owned<rd_kafka_TopicCollection_t> topics(
      rd_kafka_TopicCollection_of_topic_names(pointers.data(), pointers.size()));
  Request request(client, "describing topics");
  rd_kafka_DescribeTopics(client.get(), topics.get(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_TopicDescription_t** all =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_error_t* error = rd_kafka_TopicDescription_error(all[i]);
    const std::string name = rd_kafka_TopicDescription_name(all[i]);
    if (error == nullptr)
      found.push_back(state_of(all[i]));
    else if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      return refusal(client, rd_kafka_error_code(error), rd_kafka_error_string(error), of_topic(name));
  }
  return found;
}

base::Result<std::vector<TopicState>> list_topics(Client& client) {
  ASSIGN_OR_RETURN(const std::vector<std::string> all, topic_list(client));
  return find_topics(client, all);
}

base::Result<TopicEdges> edges_of(Client& client, const std::vector<TopicState>& topics) {
  std::vector<Place> led;
  for (const TopicState& topic : topics)
    for (const PartitionState& partition : topic.partitions)
      if (partition.leader >= 0) led.push_back({topic.name, partition.id});
  // A leader that has just died is the one to be asked until another is chosen, and that is when people look:
  // they see the rest.
  TopicEdges edges;
  auto first = offsets_at(client, led, Edge::beginning);
  if (!first.ok() && first.error().code == base::ErrorCode::io) return edges;
  auto next = first.ok() ? offsets_at(client, led, Edge::end) : first;
  if (!next.ok()) return next.error();
  edges.first = std::move(*first);
  edges.next = std::move(*next);
  return edges;
}

base::Result<std::vector<Place>> places_of(Client& client, const std::string& topic) {
  ASSIGN_OR_RETURN(const TopicState found, state(client, topic));
  std::vector<Place> places;
  places.reserve(found.partitions.size());
  for (const PartitionState& partition : found.partitions) places.push_back({topic, partition.id});
  return places;
}

base::Result<TopicDetails> describe_topic(Client& client, const std::string& name) {
  TopicDetails details;
  ASSIGN_OR_RETURN(details.state, state(client, name));
  ASSIGN_OR_RETURN(details.settings, settings(client, name));
  ASSIGN_OR_RETURN(const TopicEdges edges, edges_of(client, {details.state}));
  for (const auto& [place, offset] : edges.first) details.first.emplace(place.partition, offset);
  for (const auto& [place, offset] : edges.next) details.next.emplace(place.partition, offset);
  return details;
}

base::Status create_topic(Client& client, const TopicOrder& order) {
  std::array<char, kErrorBytes> why{};
  const Owned<rd_kafka_NewTopic_t> topic(
      rd_kafka_NewTopic_new(order.name.c_str(), order.partitions, order.replication, why.data(), why.size()));
  if (topic == nullptr)
    return base::Error{base::ErrorCode::invalid_argument, why.data(), of_topic(order.name)};
  for (const auto& [key, value] : order.settings)
    rd_kafka_NewTopic_set_config(topic.get(), key.c_str(), value.c_str());
  rd_kafka_NewTopic_t* raw = topic.get();
  Request request(client, "making a topic");
  rd_kafka_CreateTopics(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  RETURN_IF_ERROR(check_results(client, results, count));
  return wait_for_leaders(client, order.name, std::max(1, order.partitions));
}

base::Status delete_topic(Client& client, const std::string& name) {
  const Owned<rd_kafka_DeleteTopic_t> topic(rd_kafka_DeleteTopic_new(name.c_str()));
  rd_kafka_DeleteTopic_t* raw = topic.get();
  Request request(client, "deleting a topic");
  rd_kafka_DeleteTopics(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.get()), &count);
  return check_results(client, results, count);
}

base::Status alter_topic(Client& client, const std::string& name, const TopicChange& change) {
  ASSIGN_OR_RETURN(const TopicState now, state(client, name));
  if (change.partitions != 0) RETURN_IF_ERROR(add_partitions(client, now, change.partitions));
  if (!change.settings.empty()) RETURN_IF_ERROR(set(client, name, change.settings));
  return {};
}

base::Result<std::string> pipeline_of(Client& client, const std::string& name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string::npos || dot == 0) return std::string();
  const std::string pipeline = name.substr(0, dot);
  const TopicNames names{pipeline};
  const std::vector<std::string> ours = names.all();
  if (std::find(ours.begin(), ours.end(), name) == ours.end()) return std::string();
  ASSIGN_OR_RETURN(const std::vector<TopicState> positions, find_topics(client, {names.positions()}));
  return positions.empty() ? std::string() : pipeline;
}

}  // namespace tickerhouse::tape::kafka

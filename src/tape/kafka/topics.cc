#include "tape/kafka/topics.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "tape/kafka/requests.h"

namespace tickerhouse::tape::kafka {
namespace {

bool has_one_partition(flow::Topic topic) {
  return topic == flow::Topic::rejects || topic == flow::Topic::symbols;
}

struct Plan {
  std::string name;
  int partitions = 1;
  bool compacted = false;
  bool checkpoints = false;
};

std::vector<Plan> plans(const TopicNames& names, const TopicPlan& plan) {
  std::vector<Plan> all = {{names.positions(), 1, true}, {names.checkpoints(), plan.partitions, true, true}};
  for (std::uint8_t i = 1; i <= flow::kTopicLast; ++i) {
    const auto topic = static_cast<flow::Topic>(i);
    all.push_back(
        {names.of(topic), has_one_partition(topic) ? 1 : plan.partitions, topic == flow::Topic::bars});
  }
  return all;
}

// The number of partitions of each topic that is there and has a leader for all of them.
base::Result<std::map<std::string, int, std::less<>>> existing(Client& client) {
  ASSIGN_OR_RETURN(const auto metadata, all_topics(client, client.patience()));
  std::map<std::string, int, std::less<>> found;
  for (int i = 0; i < metadata->topic_cnt; ++i) {
    const rd_kafka_metadata_topic_t& topic = metadata->topics[i];
    const bool led =
        std::all_of(topic.partitions, topic.partitions + topic.partition_cnt,
                    [](const rd_kafka_metadata_partition_t& partition) { return partition.leader >= 0; });
    if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && topic.partition_cnt > 0 && led)
      found.emplace(topic.topic, topic.partition_cnt);
  }
  return found;
}

base::Status check_partitions(const Plan& plan, int found) {
  if (found == plan.partitions) return {};
  return base::Error{base::ErrorCode::configuration,
                     std::string("has ")
                         .append(std::to_string(found))
                         .append(" partitions, not ")
                         .append(std::to_string(plan.partitions)),
                     std::string("Kafka, topic ").append(plan.name)};
}

base::Result<Owned<rd_kafka_NewTopic_t>> new_topic(const Plan& plan, std::int16_t replication) {
  std::array<char, kErrorBytes> why{};
  Owned<rd_kafka_NewTopic_t> topic(
      rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, replication, why.data(), why.size()));
  if (topic == nullptr) return base::Error{base::ErrorCode::configuration, why.data(), plan.name};
  const std::string message_bytes = std::to_string(kMessageBytesMax);
  std::vector<std::pair<const char*, const char*>> settings = {
      {"max.message.bytes", message_bytes.c_str()},
      {"cleanup.policy", plan.compacted ? "compact" : "delete"},
      {"message.timestamp.type", "CreateTime"}};
  if (!plan.compacted) settings.emplace_back("retention.ms", "-1");  // what is cut, we cut (flow/tape.h)
  // Large values, of which the last is wanted: old ones go as soon as a segment is full, or an hour old.
  if (plan.checkpoints)
    settings.insert(
        settings.end(),
        {{"segment.bytes", "67108864"}, {"segment.ms", "3600000"}, {"min.cleanable.dirty.ratio", "0.1"}});
  for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(topic.get(), name, value);
  return topic;
}

base::Status create(Client& client, const std::vector<Plan>& missing, std::int16_t replication) {
  std::vector<Owned<rd_kafka_NewTopic_t>> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const Plan& plan : missing) {
    ASSIGN_OR_RETURN(auto topic, new_topic(plan, replication));
    raw.push_back(topic.get());
    topics.push_back(std::move(topic));
  }
  Request request(client, "making topics");
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
  std::array<char, kErrorBytes> why{};
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), client.patience(), why.data(), why.size());
  rd_kafka_CreateTopics(client.get(), raw.data(), raw.size(), options.get(), request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_topic_result_t** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_resp_err_t error = rd_kafka_topic_result_error(results[i]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
    return client.error(error, std::string("making topic ").append(rd_kafka_topic_result_name(results[i])));
  }
  return {};
}

// A topic that was made is not at once known to every broker. Listing all of them also tells the client's
// cache, which else remembers for half a minute that there was none.
base::Status wait_for_leaders(Client& client, const std::vector<Plan>& made) {
  constexpr int kPauseMs = 20;
  for (int waited = 0;; waited += kPauseMs) {
    ASSIGN_OR_RETURN(const auto there, existing(client));
    const auto missing = std::find_if(made.begin(), made.end(),
                                      [&there](const Plan& plan) { return !there.contains(plan.name); });
    if (missing == made.end()) return {};
    if (waited >= client.patience())
      return base::Error{base::ErrorCode::io, "was made, but no broker leads it",
                         std::string("Kafka, topic ").append(missing->name)};
    client.poll(kPauseMs);
  }
}

// Who leads changes when a broker comes or goes, and just after a topic was made. A broker that has just come
// may not know a topic yet; ours are there, a start has seen to that.
bool leader_moves(rd_kafka_resp_err_t error) {
  return is_silence(error) || error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

}  // namespace

std::string TopicNames::of(flow::Topic topic) const {
  if (topic == flow::Topic::events && !others.empty()) return others;
  return std::string(pipeline).append(".").append(flow::topic_name(topic));
}
std::string TopicNames::positions() const { return pipeline + ".positions"; }
std::string TopicNames::checkpoints() const { return pipeline + ".checkpoints"; }

std::vector<std::string> TopicNames::all() const {
  std::vector<std::string> names;
  for (const Plan& plan : plans(*this, {})) names.push_back(plan.name);
  return names;
}

std::vector<std::string> TopicNames::ours() const {
  std::vector<std::string> names = all();
  if (!others.empty()) std::erase(names, others);
  return names;
}

bool is_pipeline_name(std::string_view name) {
  constexpr std::size_t kBytesMax = 100;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kBytesMax && std::all_of(name.begin(), name.end(), fits);
}

base::Status ensure_topics(Client& client, const TopicNames& names, const TopicPlan& plan) {
  ASSIGN_OR_RETURN(const auto there, existing(client));
  std::vector<Plan> missing;
  for (Plan& wanted : plans(names, plan)) {
    const auto found = there.find(wanted.name);
    if (found == there.end() && wanted.name == names.others) return no_topic(names.others);
    if (found == there.end()) {
      missing.push_back(std::move(wanted));
    } else {
      RETURN_IF_ERROR(check_partitions(wanted, found->second));
    }
  }
  if (missing.empty()) return {};
  RETURN_IF_ERROR(create(client, missing, plan.replication));
  return wait_for_leaders(client, missing);
}

base::Result<std::uint16_t> partitions_of(Client& client, const TopicNames& names) {
  ASSIGN_OR_RETURN(const auto there, existing(client));
  const auto events = there.find(names.of(flow::Topic::events));
  if (events == there.end())
    return base::Error{base::ErrorCode::not_found, "the brokers have no topics of this pipeline",
                       names.pipeline};
  const auto partitions = static_cast<std::uint16_t>(events->second);
  for (const Plan& plan : plans(names, {.partitions = partitions, .replication = -1})) {
    const auto found = there.find(plan.name);
    if (found == there.end() && plan.checkpoints) continue;
    if (found == there.end())
      return base::Error{base::ErrorCode::configuration, "is missing",
                         std::string("Kafka, topic ").append(plan.name)};
    RETURN_IF_ERROR(check_partitions(plan, found->second));
  }
  return partitions;
}

base::Result<Watermarks> watermarks(Client& client, const std::string& topic, std::uint16_t partition) {
  constexpr int kPauseMs = 50;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(client.patience());
  Watermarks found;
  while (true) {
    const rd_kafka_resp_err_t error = rd_kafka_query_watermark_offsets(
        client.get(), topic.c_str(), partition, &found.low, &found.high, std::min(kTryMs, client.patience()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return found;
    if (!leader_moves(error) || std::chrono::steady_clock::now() >= deadline) {
      base::Error failed = client.error(error, std::string("offsets of ").append(topic));
      // So it is told too while no broker has the partition.
      if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) failed.code = base::ErrorCode::io;
      return failed;
    }
    ask_who_leads(client);
    client.poll(kPauseMs);
  }
}

base::Status delete_before(Client& client, const std::string& topic, std::uint16_t partition,
                           std::int64_t to) {
  const PlaceList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = to;
  Owned<rd_kafka_DeleteRecords_t> records(rd_kafka_DeleteRecords_new(list.get()));
  Request request(client, "cutting");
  rd_kafka_DeleteRecords_t* raw = records.get();
  rd_kafka_DeleteRecords(client.get(), &raw, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  const rd_kafka_topic_partition_list_t* results =
      rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(answer.get()));
  for (int i = 0; i < results->cnt; ++i)
    if (results->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return client.error(results->elems[i].err, std::string("cutting ").append(topic));
  return {};
}

}  // namespace tickerhouse::tape::kafka

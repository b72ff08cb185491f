#include "tape/kafka/identity.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tape/kafka/positions.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::chrono::milliseconds kPause(50);

struct Found {
  std::string id;
  std::uint16_t partitions = 0;
};

// As Kafka's own tools print it; the library has the other alphabet of base64.
std::string text_of(const rd_kafka_Uuid_t* id) {
  std::string text = rd_kafka_Uuid_base64str(id);
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

using FoundTopics = std::map<std::string, Found, std::less<>>;

base::Result<FoundTopics> describe_once(Client& client, const std::vector<std::string>& names,
                                        Refused& refused) {
  std::vector<const char*> raw = pointers_to(names);
  const Owned<rd_kafka_TopicCollection_t> topics(
      rd_kafka_TopicCollection_of_topic_names(raw.data(), raw.size()));
  Request request(client, "ids of the topics", refused);
  rd_kafka_DescribeTopics(client.get(), topics.get(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_TopicDescription_t** described =
      rd_kafka_DescribeTopics_result_topics(rd_kafka_event_DescribeTopics_result(answer.get()), &count);
  FoundTopics found;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = rd_kafka_TopicDescription_name(described[i]);
    const rd_kafka_resp_err_t error = rd_kafka_error_code(rd_kafka_TopicDescription_error(described[i]));
    if (error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) continue;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return client.error(error, std::string("topic ").append(name));
    std::size_t partitions = 0;
    rd_kafka_TopicDescription_partitions(described[i], &partitions);
    found[name] = {text_of(rd_kafka_TopicDescription_topic_id(described[i])),
                   static_cast<std::uint16_t>(partitions)};
  }
  return found;
}

base::Result<FoundTopics> describe(Client& client, const std::vector<std::string>& names) {
  return patiently(client, [&](Refused& refused) { return describe_once(client, names, refused); });
}

base::Result<std::string> cluster_of(Client& client) {
  char* const raw = rd_kafka_clusterid(client.get(), client.patience());
  if (raw == nullptr) return client.error(RD_KAFKA_RESP_ERR__TIMED_OUT, "id of the cluster");
  std::string id = raw;
  rd_kafka_mem_free(client.get(), raw);
  return id;
}

base::Error refuse_topic(std::string_view topic, std::string what) {
  return {base::ErrorCode::configuration, std::move(what), std::string("Kafka, topic ").append(topic)};
}

constexpr const char* kBeginAnew =
    "; its rows are gone, and what this directory holds does not fit to it: start anew with another --data "
    "directory and another --pipeline (or delete this directory and the pipeline's topics)";

base::Status check_topics(const Identity& noted, const FoundTopics& found) {
  for (const auto& [name, id] : noted.topics) {
    const auto there = found.find(name);
    if (there == found.end())
      return refuse_topic(name, std::string("is missing: it was deleted").append(kBeginAnew));
    if (there->second.id != id)
      return refuse_topic(name, std::string("was deleted and made again (its id is ")
                                    .append(there->second.id)
                                    .append(", it was ")
                                    .append(id)
                                    .append(")")
                                    .append(kBeginAnew));
  }
  return {};
}

// Does any partition hold something?
base::Result<bool> has_rows(Client& client, const std::string& topic, std::uint16_t partitions) {
  for (std::uint16_t partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const Watermarks found, watermarks(client, topic, partition));
    if (found.high > found.low) return true;
  }
  return false;
}

base::Error not_ours(std::string_view topic) {
  return refuse_topic(topic,
                      "was there before and holds rows that are not this directory's; give another "
                      "--pipeline, or the --data directory that it belongs to");
}

std::int64_t limit_in(const rd_kafka_ConfigResource_t* topic) {
  std::size_t count = 0;
  const rd_kafka_ConfigEntry_t** entries = rd_kafka_ConfigResource_configs(topic, &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (std::string_view(rd_kafka_ConfigEntry_name(entries[i])) != "max.message.bytes") continue;
    const char* const value = rd_kafka_ConfigEntry_value(entries[i]);
    std::int64_t limit = 0;
    const std::string_view text(value == nullptr ? "" : value);
    if (std::from_chars(text.data(), text.data() + text.size(), limit).ec == std::errc()) return limit;
  }
  return kMessageBytesMax;
}

}  // namespace

bool is_complete(const Identity& noted, const TopicNames& names) {
  const std::vector<std::string> all = names.all();
  return std::all_of(all.begin(), all.end(),
                     [&noted](const std::string& name) { return noted.topics.contains(name); });
}

base::Result<Identity> identity_of(Client& client, const TopicNames& names) {
  Identity identity;
  ASSIGN_OR_RETURN(identity.cluster, cluster_of(client));
  // A topic that was just made is not at once known to every broker.
  const std::vector<std::string> wanted = names.all();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(client.patience());
  FoundTopics found;
  while (found.size() < wanted.size()) {
    if (std::chrono::steady_clock::now() > deadline)
      return base::Error{base::ErrorCode::io, "some of its topics are not there", names.pipeline};
    ASSIGN_OR_RETURN(found, describe(client, wanted));
    if (found.size() < wanted.size()) std::this_thread::sleep_for(kPause);
  }
  for (const auto& [name, topic] : found) identity.topics[name] = topic.id;
  return identity;
}

base::Status check_identity(Client& client, const Connection& connection, const Identity& noted) {
  if (noted.empty()) return {};
  ASSIGN_OR_RETURN(const std::string cluster, cluster_of(client));
  if (cluster != noted.cluster)
    return base::Error{base::ErrorCode::configuration,
                       std::string(connection.brokers)
                           .append(" is the cluster ")
                           .append(cluster)
                           .append(", but this directory's topics are in the cluster ")
                           .append(noted.cluster)
                           .append("; name the brokers of that one, or use another --data directory"),
                       "kafka.brokers"};
  std::vector<std::string> names;
  names.reserve(noted.topics.size());
  for (const auto& [name, id] : noted.topics) names.push_back(name);
  // A broker that has just come up may not know of all topics yet.
  constexpr std::chrono::seconds kSettled(2);
  const auto deadline = std::chrono::steady_clock::now() + kSettled;
  while (true) {
    ASSIGN_OR_RETURN(const FoundTopics found, describe(client, names));
    base::Status checked = check_topics(noted, found);
    if (checked.ok() || std::chrono::steady_clock::now() > deadline) return checked;
    std::this_thread::sleep_for(kPause);
  }
}

base::Status check_adoptable(Client& client, const Connection& connection, const TopicNames& names,
                             std::string_view id) {
  ASSIGN_OR_RETURN(FoundTopics found, describe(client, names.ours()));
  const std::string positions_topic = names.positions();
  if (const auto there = found.find(positions_topic); there != found.end() && there->second.partitions == 1) {
    FetchPool pool(connection, FetchPool::Pace::looks);
    ASSIGN_OR_RETURN(const Positions::Map held, Positions(pool, client, positions_topic).read());
    if (const auto owner = held.find(kOwnerWriter); owner != held.end()) {
      if (owner->second == id) return {};
      return owned_by_another(names.pipeline);
    }
    if (!held.empty()) return not_ours(positions_topic);
    // What is left of a first commit that was killed is no row.
    found.erase(there);
  }
  for (const auto& [name, topic] : found) {
    ASSIGN_OR_RETURN(const bool held, has_rows(client, name, topic.partitions));
    if (held) return not_ours(name);
  }
  return {};
}

base::Result<std::string> identity_of_topic(Client& client, const std::string& topic) {
  ASSIGN_OR_RETURN(std::string identity, cluster_of(client));
  ASSIGN_OR_RETURN(const FoundTopics found, describe(client, {topic}));
  const auto there = found.find(topic);
  if (there == found.end()) return no_topic(topic);
  return identity.append("/").append(there->second.id);
}

base::Error owned_by_another(std::string_view pipeline) {
  return {base::ErrorCode::configuration,
          "its topics belong to another data directory; give another --pipeline, or that one's --data",
          std::string("pipeline ").append(pipeline)};
}

base::Status check_message_limits(Client& client, const TopicNames& names) {
  std::vector<Owned<rd_kafka_ConfigResource_t>> topics;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const std::string& name : names.ours()) {
    topics.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name.c_str()));
    raw.push_back(topics.back().get());
  }
  Request request(client, "settings of the topics");
  rd_kafka_DescribeConfigs(client.get(), raw.data(), raw.size(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** described =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    if (rd_kafka_ConfigResource_error(described[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    const std::int64_t limit = limit_in(described[i]);
    if (limit >= kMessageBytesMax) continue;
    return refuse_topic(
        rd_kafka_ConfigResource_name(described[i]),
        std::string("max.message.bytes is ")
            .append(std::to_string(limit))
            .append(", but a message may need ")
            .append(std::to_string(kMessageBytesMax))
            .append("; set it to that or more (kafka-configs.sh --alter --entity-type topics)"));
  }
  return {};
}

}  // namespace tickerhouse::tape::kafka

#include "tape/kafka/client.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <set>
#include <utility>

namespace tickerhouse::tape::kafka {
namespace {

// What our promises stand on.
const std::set<std::string, std::less<>>& reserved() {
  static const std::set<std::string, std::less<>> kNames = {"bootstrap.servers",
                                                            "metadata.broker.list",
                                                            "transactional.id",
                                                            "enable.idempotence",
                                                            "isolation.level",
                                                            "enable.auto.commit",
                                                            "auto.offset.reset",
                                                            "enable.partition.eof",
                                                            "acks",
                                                            "group.id",
                                                            "group.instance.id",
                                                            "group.protocol",
                                                            "partition.assignment.strategy",
                                                            "request.required.acks",
                                                            "partitioner",
                                                            "enable.auto.offset.store"};
  return kNames;
}

Properties defaults_of(Role role) {
  Properties all = {
      {"client.id", "tickerhouse"}, {"allow.auto.create.topics", "false"}, {"log.connection.close", "false"}};
  switch (role) {
    case Role::reader:
      all.merge(Properties{{"isolation.level", "read_committed"},
                           {"enable.partition.eof", "true"},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           {"auto.offset.reset", "error"},
                           {"fetch.wait.max.ms", "20"},
                           {"fetch.queue.backoff.ms", "10"},
                           // Small pieces stay in the caches, though they grow when they are decompressed,
                           // and a larger message comes whole all the same.
                           {"fetch.message.max.bytes", "262144"},
                           {"queued.min.messages", "10000"},
                           {"queued.max.messages.kbytes", "16384"}});
      break;
    case Role::overseer:
      // It is the first to meet the brokers: one that only hangs up is a complaint here.
      all.insert_or_assign("log.connection.close", "true");
      all.merge(Properties{{"isolation.level", "read_uncommitted"}, {"enable.auto.commit", "false"}});
      break;
    case Role::member:
      // A lost worker's partitions are another's within the session timeout; a static one that is back sooner
      // finds its own.
      all.merge(Properties{{"partition.assignment.strategy", "cooperative-sticky"},
                           {"session.timeout.ms", "10000"},
                           {"heartbeat.interval.ms", "1000"},
                           {"enable.auto.commit", "false"},
                           {"auto.offset.reset", "latest"},
                           {"queued.min.messages", "1"},
                           {"queued.max.messages.kbytes", "1"}});
      break;
    case Role::writer:
      // Back-to-back transactions: the coordinator answers "not yet" while it ends the last one, and the
      // library waits for retry.backoff.ms before it asks again.
      all.merge(Properties{{"partitioner", "murmur2_random"},
                           {"compression.type", "lz4"},
                           {"linger.ms", "5"},
                           {"retry.backoff.ms", "5"},
                           {"message.max.bytes", "9437184"},
                           {"batch.num.messages", "100000"},
                           {"queue.buffering.max.messages", "1000000"},
                           {"queue.buffering.max.kbytes", "262144"},
                           {"transaction.timeout.ms", "10000"}});
      break;
  }
  return all;
}

base::ErrorCode code_of(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__SSL:
      return base::ErrorCode::configuration;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return base::ErrorCode::not_found;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
      return base::ErrorCode::over_limit;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return base::ErrorCode::damaged;
    default:
      return base::ErrorCode::io;
  }
}

void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
  // Why they are down was said just before.
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) static_cast<Complaints*>(opaque)->note(reason);
}

// The library's own log, on its threads: of what it says there only the failure of a connection matters, and
// that not all of it comes as an error too (a listener that hangs up).
void on_log(const rd_kafka_t* client, int, const char* facility, const char* text) {
  if (client == nullptr || std::string_view(facility) != "FAIL") return;
  static_cast<Complaints*>(rd_kafka_opaque(client))->note(text);
}

using Conf = std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)>;

base::Status set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, kErrorBytes> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK)
    return {};
  return base::Error{base::ErrorCode::configuration, why.data(),
                     std::string("kafka.properties ").append(name)};
}

base::Result<Conf> configure(Role role, const Connection& connection, const Properties& own) {
  Conf conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  Properties all = connection.properties;
  for (const auto& [name, value] : connection.properties)
    if (reserved().contains(name))
      return base::Error{base::ErrorCode::configuration, "is not to be changed: exactly-once stands on it",
                         std::string("kafka.properties ").append(name)};
  all.merge(defaults_of(role));
  for (const auto& [name, value] : own) all.insert_or_assign(name, value);
  all.insert_or_assign("bootstrap.servers", connection.brokers);
  for (const auto& [name, value] : all) RETURN_IF_ERROR(set(conf.get(), name, value));
  return conf;
}

}  // namespace

base::Result<std::unique_ptr<Client>> Client::open(Role role, const Connection& connection,
                                                   const Properties& own) {
  ASSIGN_OR_RETURN(Conf conf, configure(role, connection, own));
  std::unique_ptr<Client> client(new Client());
  client->patience_ = static_cast<int>(connection.patience / base::kMillisecond);
  rd_kafka_conf_set_opaque(conf.get(), &client->complaints_);
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  if (role == Role::member) rd_kafka_conf_set_events(conf.get(), RD_KAFKA_EVENT_REBALANCE);
  std::array<char, kErrorBytes> why{};
  const rd_kafka_type_t type = role == Role::writer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER;
  client->handle_ = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (client->handle_ == nullptr)
    return base::Error{base::ErrorCode::configuration, why.data(), setting_of_refusal(why.data())};
  static_cast<void>(conf.release());  // the client's now
  return client;
}

Client::~Client() {
  if (handle_ == nullptr) return;
  if (rd_kafka_type(handle_) == RD_KAFKA_PRODUCER)
    rd_kafka_purge(handle_,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  // A member of a group leaves by Member::leave: a close from here would wait for whoever serves its
  // rebalances, which is nobody any more.
  rd_kafka_destroy_flags(handle_, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Client::poll(int milliseconds) { rd_kafka_poll(handle_, milliseconds); }

base::Error Client::error(int code, std::string_view call) const {
  const auto error = static_cast<rd_kafka_resp_err_t>(code);
  std::string what = rd_kafka_err2str(error);
  const std::string complaint = complaints_.last();
  const bool silent = error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
                      error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
  if (silent && !complaint.empty()) what.append(": ").append(complaint);
  return {code_of(error), what, std::string("Kafka, ").append(call)};
}

base::Result<std::unique_ptr<Client>> open_overseer(const Connection& connection) {
  ASSIGN_OR_RETURN(auto client, Client::open(Role::overseer, connection, {}));
  RETURN_IF_ERROR(reach(*client, connection.brokers));
  return client;
}

void Freed::operator()(rd_kafka_topic_s* topic) const { rd_kafka_topic_destroy(topic); }
void Freed::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }
void Freed::operator()(rd_kafka_error_s* error) const { rd_kafka_error_destroy(error); }
void Freed::operator()(const struct rd_kafka_metadata* metadata) const {
  rd_kafka_metadata_destroy(metadata);
}
void Freed::operator()(rd_kafka_NewTopic_s* object) const { rd_kafka_NewTopic_destroy(object); }
void Freed::operator()(rd_kafka_DeleteTopic_s* object) const { rd_kafka_DeleteTopic_destroy(object); }
void Freed::operator()(rd_kafka_NewPartitions_s* object) const { rd_kafka_NewPartitions_destroy(object); }
void Freed::operator()(rd_kafka_ConfigResource_s* object) const { rd_kafka_ConfigResource_destroy(object); }
void Freed::operator()(rd_kafka_TopicCollection_s* object) const { rd_kafka_TopicCollection_destroy(object); }
void Freed::operator()(rd_kafka_DeleteRecords_s* object) const { rd_kafka_DeleteRecords_destroy(object); }
void Freed::operator()(rd_kafka_DeleteGroup_s* object) const { rd_kafka_DeleteGroup_destroy(object); }
void Freed::operator()(rd_kafka_ListConsumerGroupOffsets_s* object) const {
  rd_kafka_ListConsumerGroupOffsets_destroy(object);
}
void Freed::operator()(rd_kafka_AlterConsumerGroupOffsets_s* object) const {
  rd_kafka_AlterConsumerGroupOffsets_destroy(object);
}
void Freed::operator()(rd_kafka_AdminOptions_s* object) const { rd_kafka_AdminOptions_destroy(object); }
void Freed::operator()(rd_kafka_consumer_group_metadata_s* metadata) const {
  rd_kafka_consumer_group_metadata_destroy(metadata);
}
void Freed::operator()(rd_kafka_op_s* event) const { rd_kafka_event_destroy(event); }
void Freed::operator()(rd_kafka_topic_partition_list_s* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}

base::Result<Owned<rd_kafka_topic_s>> open_topic(const Client& client, const std::string& name) {
  Owned<rd_kafka_topic_s> topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
  if (topic == nullptr) return client.error(rd_kafka_last_error(), std::string("topic ").append(name));
  return topic;
}

}  // namespace tickerhouse::tape::kafka

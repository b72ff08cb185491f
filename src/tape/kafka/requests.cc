#include "tape/kafka/requests.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <utility>

namespace tickerhouse::tape::kafka {
namespace {

// Beyond what every call may meet (client.cc): what an administrator types wrong.
base::ErrorCode code_of(rd_kafka_resp_err_t code, base::ErrorCode otherwise) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:  // the name of a topic
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
      return base::ErrorCode::invalid_argument;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT:
    case RD_KAFKA_RESP_ERR_INVALID_REQUEST:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return base::ErrorCode::configuration;
    case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:  // a group with members refuses offsets of others
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_GROUP_SUBSCRIBED_TO_TOPIC:
      return base::ErrorCode::busy;
    default:
      return otherwise;
  }
}

}  // namespace

Request::Request(Client& client, std::string call, Refused& refused)
    : client_(client),
      call_(std::move(call)),
      refused_(refused),
      patience_(&refused == &own_ ? client.patience() : std::min(kTryMs, client.patience())),
      queue_(rd_kafka_queue_new(client.get())) {}

base::Result<Answer> Request::answer() {
  Answer event(rd_kafka_queue_poll(queue_.get(), patience_));
  client_.poll(0);
  if (event == nullptr) {
    refused_.code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    return client_.error(RD_KAFKA_RESP_ERR__TIMED_OUT, call_);
  }
  if (const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return refuse(code, rd_kafka_event_error_string(event.get()), call_);
  return event;
}

base::Error Request::refuse(int code, const char* words, const std::string& where) {
  refused_.code = code;
  return refusal(client_, code, words, where);
}

base::Result<Owned<const struct rd_kafka_metadata>> all_topics(Client& client, int wait_ms) {
  const rd_kafka_metadata_t* raw = nullptr;
  if (const rd_kafka_resp_err_t code = rd_kafka_metadata(client.get(), 1, nullptr, &raw, wait_ms);
      code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return client.error(code, "list of topics");
  return Owned<const struct rd_kafka_metadata>(raw);
}

void ask_who_leads(Client& client) {
  static_cast<void>(all_topics(client, std::min(kTryMs, client.patience())).ok());
}

bool is_silence(int code) {
  return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
         code == RD_KAFKA_RESP_ERR__DESTROY_BROKER;
}

bool passes(const Refused& refused) {
  if (is_silence(refused.code)) return true;
  switch (refused.code) {
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      return true;
    default:
      return false;
  }
}

base::Error refusal(const Client& client, int code, const char* words, const std::string& where) {
  base::Error error = client.error(code, where);
  error.code = code_of(static_cast<rd_kafka_resp_err_t>(code), error.code);
  if (words != nullptr && *words != '\0') error.what = words;
  return error;
}

base::Error no_topic(const std::string& name) {
  return {base::ErrorCode::not_found, "the cluster has no such topic; see topic list --brokers ...",
          std::string("topic ").append(name)};
}

base::Error no_group(const std::string& name) {
  return {base::ErrorCode::not_found, "the cluster has no such group; see group list --brokers ...",
          std::string("group ").append(name)};
}

std::vector<const char*> pointers_to(const std::vector<std::string>& names) {
  std::vector<const char*> pointers;
  pointers.reserve(names.size());
  for (const std::string& name : names) pointers.push_back(name.c_str());
  return pointers;
}

}  // namespace tickerhouse::tape::kafka

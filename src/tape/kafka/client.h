// librdkafka's clients as owned objects: made from settings, with their errors in words and in the project's
// codes. The vendor's header stays in the .cc files of this folder.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "tape/kafka/complaints.h"

struct rd_kafka_s;
struct rd_kafka_topic_s;
struct rd_kafka_queue_s;
struct rd_kafka_error_s;
struct rd_kafka_message_s;
struct rd_kafka_metadata;  // the library gives a function this name too, so `struct` is said
struct rd_kafka_NewTopic_s;
struct rd_kafka_DeleteTopic_s;
struct rd_kafka_NewPartitions_s;
struct rd_kafka_ConfigResource_s;
struct rd_kafka_TopicCollection_s;
struct rd_kafka_DeleteRecords_s;
struct rd_kafka_DeleteGroup_s;
struct rd_kafka_ListConsumerGroupOffsets_s;
struct rd_kafka_AlterConsumerGroupOffsets_s;
struct rd_kafka_AdminOptions_s;
struct rd_kafka_consumer_group_metadata_s;
struct rd_kafka_op_s;
struct rd_kafka_topic_partition_list_s;

namespace tickerhouse::tape::kafka {

// librdkafka's names, verbatim.
using Properties = std::map<std::string, std::string>;

struct Connection {
  std::string brokers;  // HOST:PORT,...
  Properties properties;
  base::DurationNanos patience = 30 * base::kSecond;  // of one request, before `io`
};

inline constexpr std::size_t kErrorBytes = 512;  // for what the library says of a refusal

enum class Role {
  reader,    // sees what is committed
  overseer,  // asks for watermarks, topics and offsets, of what is not committed yet too
  member,    // of a consumer group; reads nothing itself
  writer,    // in transactions
};

class Client {
 public:
  // `own`: what the caller needs beside the defaults of the role. `configuration` names a property that
  // librdkafka refuses, or one that is not the user's to choose.
  static base::Result<std::unique_ptr<Client>> open(Role role, const Connection& connection,
                                                    const Properties& own);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] rd_kafka_s* get() const { return handle_; }
  // Serves callbacks; call it now and then while waiting.
  void poll(int milliseconds);
  // In milliseconds, as the library takes it.
  [[nodiscard]] int patience() const { return patience_; }

  // An error of `call`, with what the client complained of last.
  [[nodiscard]] base::Error error(int code, std::string_view call) const;
  [[nodiscard]] const Complaints& complaints() const { return complaints_; }

 private:
  Client() = default;
  rd_kafka_s* handle_ = nullptr;
  int patience_ = 0;
  Complaints complaints_;
};

// One that asks, and has met its brokers; errors as of reach() (complaints.h).
base::Result<std::unique_ptr<Client>> open_overseer(const Connection& connection);

// Frees what the library allocates.
struct Freed {
  void operator()(rd_kafka_topic_s* topic) const;
  void operator()(rd_kafka_queue_s* queue) const;
  void operator()(rd_kafka_error_s* error) const;
  void operator()(const struct rd_kafka_metadata* metadata) const;
  void operator()(rd_kafka_NewTopic_s* object) const;
  void operator()(rd_kafka_DeleteTopic_s* object) const;
  void operator()(rd_kafka_NewPartitions_s* object) const;
  void operator()(rd_kafka_ConfigResource_s* object) const;
  void operator()(rd_kafka_TopicCollection_s* object) const;
  void operator()(rd_kafka_DeleteRecords_s* object) const;
  void operator()(rd_kafka_DeleteGroup_s* object) const;
  void operator()(rd_kafka_ListConsumerGroupOffsets_s* object) const;
  void operator()(rd_kafka_AlterConsumerGroupOffsets_s* object) const;
  void operator()(rd_kafka_AdminOptions_s* object) const;
  void operator()(rd_kafka_consumer_group_metadata_s* metadata) const;
  void operator()(rd_kafka_op_s* event) const;
  void operator()(rd_kafka_topic_partition_list_s* list) const;
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

using Answer = Owned<rd_kafka_op_s>;
using PlaceList = Owned<rd_kafka_topic_partition_list_s>;

base::Result<Owned<rd_kafka_topic_s>> open_topic(const Client& client, const std::string& name);

}  // namespace tickerhouse::tape::kafka

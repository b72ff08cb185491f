// librdkafka's clients as owned objects: made from settings, with their errors in words and in the project's
// codes. The vendor's header stays in the .cc files of this folder.
#pragma once

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

namespace tickerhouse::tape::kafka {

// librdkafka's names, verbatim.
using Properties = std::map<std::string, std::string>;

struct Connection {
  std::string brokers;  // HOST:PORT,...
  Properties properties;
  base::DurationNanos patience = 30 * base::kSecond;  // of one request, before `io`
};

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

// Frees what the library allocates.
struct Freed {
  void operator()(rd_kafka_topic_s* topic) const;
  void operator()(rd_kafka_queue_s* queue) const;
  void operator()(rd_kafka_error_s* error) const;
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

base::Result<Owned<rd_kafka_topic_s>> open_topic(const Client& client, const std::string& name);

}  // namespace tickerhouse::tape::kafka

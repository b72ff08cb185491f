#include "tape/kafka/positions.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <thread>

#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

base::Result<Positions::Map> Positions::read() {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(catch_up());
  return positions_;
}

base::Result<std::string> Positions::read(std::string_view writer) {
  const std::lock_guard lock(mutex_);
  RETURN_IF_ERROR(catch_up());
  const auto found = positions_.find(writer);
  return found == positions_.end() ? std::string() : found->second;
}

base::Status Positions::catch_up() {
  ASSIGN_OR_RETURN(const Watermarks now, watermarks(overseer_, topic_, 0));
  if (fetch_ == nullptr) {
    ASSIGN_OR_RETURN(fetch_, Fetch::open(pool_, topic_, 0, now.low, 0));
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(overseer_.patience());
  while (true) {
    ASSIGN_OR_RETURN(const rd_kafka_message_s* message, fetch_->next());
    if (message != nullptr) {
      positions_.insert_or_assign(std::string(static_cast<const char*>(message->key), message->key_len),
                                  std::string(static_cast<const char*>(message->payload), message->len));
      continue;
    }
    if (fetch_->end_offset() >= now.high) return {};
    if (std::chrono::steady_clock::now() > deadline)
      return base::Error{base::ErrorCode::io,
                         "a transaction that somebody has left open holds the positions back",
                         std::string("Kafka, topic ").append(topic_)};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace tickerhouse::tape::kafka

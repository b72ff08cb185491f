// Reading partitions: a few clients that fetch for everybody, each partition at most once in each of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/messages.h"

namespace tickerhouse::tape::kafka {

class FetchPool {
 public:
  // How long a broker may hold back its answer that nothing has come. A reader hears of the end of a
  // partition after up to twice that.
  enum class Pace { streams, looks };
  FetchPool(Connection connection, Pace pace) : connection_(std::move(connection)), pace_(pace) {}

  struct Member {
    std::unique_ptr<Client> client;
    std::set<std::pair<std::string, std::uint16_t>> fetched;
  };
  // A client that does not fetch the partition yet; give it back.
  base::Result<std::shared_ptr<Member>> take(const std::string& topic, std::uint16_t partition);
  // The end of the partition as a client that fetches it heard last; -1: none has.
  std::int64_t heard_end(const std::string& topic, std::uint16_t partition);
  void give_back(const std::shared_ptr<Member>& member, const std::string& topic, std::uint16_t partition);

 private:
  Connection connection_;
  Pace pace_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Member>> members_;
};

struct FetchedValue {
  std::int64_t offset = 0;
  std::optional<std::string_view> value;  // none: a tombstone
};

// As it was fetched, with its headers; borrows.
Message message_of(const rd_kafka_message_s& raw);

// One partition from an offset on: committed messages in order. It is at no end before `reach`, the end of
// the log when it was opened: a transaction is decided a moment before readers see it, and one that is open
// now may be too. Of one thread.
class Fetch {
 public:
  static base::Result<std::unique_ptr<Fetch>> open(FetchPool& pool, const std::string& topic,
                                                   std::uint16_t partition, std::int64_t from,
                                                   std::int64_t reach);
  ~Fetch();
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // The next message, null at the end of what is committed; then call again later. The message is valid until
  // the next call. Waits only until the broker has said where the end is. `io`: no answer within the
  // patience; `damaged`: what comes next was deleted by the broker meanwhile.
  base::Result<const rd_kafka_message_s*> next();
  // The same, appending the values of all that is there at once, none at the end; valid until the next call.
  base::Status next_values(std::vector<FetchedValue>& values);
  // Waits no longer for the broker's word: then null says nothing, and at_end() is false.
  void wait_at_most(int milliseconds) { wait_max_ms_ = milliseconds; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  // Takes the message of the last next() back: the next call gives it again.
  void unget() { again_ = true; }
  // Where the partition has been read to: everything committed before it has been given. Known at the end
  // only.
  [[nodiscard]] std::int64_t end_offset() const { return end_offset_; }

 private:
  Fetch(FetchPool& pool, std::string topic, std::uint16_t partition)
      : pool_(pool), topic_name_(std::move(topic)), partition_(partition) {}
  base::Status refill();
  void drop_messages();

  FetchPool& pool_;
  std::string topic_name_;
  std::uint16_t partition_;
  std::int64_t reach_ = 0;
  std::shared_ptr<FetchPool::Member> member_;
  Owned<rd_kafka_topic_s> topic_;
  Owned<rd_kafka_queue_s> queue_;
  bool started_ = false;
  std::vector<rd_kafka_message_s*> messages_;
  std::size_t at_ = 0;  // of the message to give next
  bool again_ = false;
  bool at_end_ = false;
  std::int64_t end_offset_ = -1;
  int wait_max_ms_ = -1;  // -1: the client's patience, and then it is an error
};

}  // namespace tickerhouse::tape::kafka

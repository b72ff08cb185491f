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
  base::Result<const rd_kafka_message_s*> next() { return next(kPatience); }
  // Waits no longer than that for the broker's word: then null says nothing, and at_end() is false.
  base::Result<const rd_kafka_message_s*> next(int wait_max_ms);
  // The same, appending the values of all that is there at once, none at the end. They are valid until a
  // release() after another call. Not to be mixed with next().
  base::Status next_values(int wait_max_ms, std::vector<FetchedValue>& values);
  // Frees what was given before the last refill.
  void release();
  [[nodiscard]] bool at_end() const { return at_end_; }
  // Everything that was committed when it was opened has been given.
  [[nodiscard]] bool has_reached() const { return at_end_ || (next_ >= 0 && next_ >= reach_); }
  // How many offsets are known to follow the last message, which may hold none.
  [[nodiscard]] std::int64_t ahead() const;
  // Takes the message of the last next() back: the next call gives it again.
  void unget() { again_ = true; }
  // Where the partition has been read to: everything committed before it has been given. Known at the end
  // only.
  [[nodiscard]] std::int64_t end_offset() const { return end_offset_; }

 private:
  Fetch(FetchPool& pool, std::string topic, std::uint16_t partition)
      : pool_(pool), topic_name_(std::move(topic)), partition_(partition) {}
  static constexpr int kPatience = -1;  // the client's, and then it is an error
  base::Result<const rd_kafka_message_s*> advance(int wait_max_ms);
  base::Status refill(int wait_max_ms);
  bool take(std::size_t most, int wait_ms);
  void retire();
  bool has_all_it_heard_of();

  FetchPool& pool_;
  std::string topic_name_;
  std::uint16_t partition_;
  std::int64_t reach_ = 0;
  std::shared_ptr<FetchPool::Member> member_;
  Owned<rd_kafka_topic_s> topic_;
  Owned<rd_kafka_queue_s> queue_;
  bool started_ = false;
  std::vector<rd_kafka_message_s*> messages_;
  std::size_t at_ = 0;                     // of the message to give next
  std::vector<rd_kafka_message_s*> used_;  // before messages_, not freed yet
  std::int64_t next_ = -1;                 // the offset after the last message given; -1: none was
  bool again_ = false;
  bool at_end_ = false;
  std::int64_t end_offset_ = -1;
};

}  // namespace tickerhouse::tape::kafka

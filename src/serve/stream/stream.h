// The stream without its socket: what a connection is told next. Nothing is queued for it: a connection that
// is still busy when a round comes misses the round, and the next one brings it the state as it is then. All
// on the thread of the loop.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "serve/core.h"
#include "serve/stream/client_message.h"

namespace tickerhouse::serve {

// What several connections are sent in the same round is written once.
class StreamHub {
 public:
  explicit StreamHub(Core& core) : core_(core) {}
  void new_round();  // what was written before is old

  struct Part {
    std::shared_ptr<const std::string> text;  // shared by the connections that send it; null: nothing new
    bool full = false;
    std::uint64_t version = 0;
  };
  Part watch_rows(std::uint64_t since);
  Part bars(const Subscription::Bars& bars, std::uint64_t since);
  Part notices(std::uint64_t since);
  Part status(std::uint64_t since);  // the version counts refreshes

  Core& core() { return core_; }

 private:
  Core& core_;
  std::map<std::tuple<std::string, base::DurationNanos, std::uint64_t>, Part> parts_;
  std::uint64_t round_ = 0;
  std::uint64_t status_round_ = 0;  // when status_ was taken
  std::shared_ptr<const StatusSnapshot> status_seen_;
  Part status_;
};

class StreamClient {
 public:
  explicit StreamClient(StreamHub& hub);  // says hello

  void on_message(std::string_view text);
  void on_binary();
  // False: it has said much and heard nothing yet. Do not read on before it has.
  [[nodiscard]] bool listens() const { return replies_.size() < kRepliesMax; }

  // Every 100 ms. True: the last round is not over yet, and this one is left out.
  bool begin_round();
  // One message: its beginning, and the rest that may be shared.
  struct Message {
    std::string head;
    std::shared_ptr<const std::string> tail;
  };
  std::optional<Message> next();

 private:
  static constexpr std::size_t kRepliesMax = 16;
  struct Reply {
    const char* type;
    std::string rest;  // keys and values after n
  };
  struct Seen {  // versions; 0: nothing
    std::uint64_t watch = 0;
    std::uint64_t status = 0;
    std::uint64_t notices = 0;
    std::vector<std::uint64_t> bars;
  };
  std::string head(const char* type);
  std::optional<Message> reply();
  std::optional<Message> message_of(std::size_t stage);
  std::optional<Message> watch_message();
  std::optional<Message> bars_message(std::size_t index);
  void refuse(const base::Error& error);

  StreamHub& hub_;
  Subscription wants_;
  Seen seen_;
  std::deque<Reply> replies_;
  std::uint64_t n_ = 0;
  bool in_round_ = false;
  std::size_t stage_ = 0;
};

}  // namespace tickerhouse::serve

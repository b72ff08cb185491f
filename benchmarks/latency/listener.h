// A WebSocket client that knows what is fed: each row it is sent must be an event of the schedule, and tells
// which events of its symbol have arrived by then. An event that a later one of its symbol has overtaken
// counts as well: it has arrived with the first row that holds it or a later one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "benchmarks/latency/feeder.h"

namespace tickerhouse::latency {

struct Arrivals {
  std::vector<base::DurationNanos> events;  // of every event that counts: from when it was due to its row
  std::vector<base::DurationNanos> rows;    // of every row: from when its own event was due
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
};

// What was fed, and how far each symbol's has been seen.
class Expected {
 public:
  explicit Expected(std::uint32_t symbols) : symbols_(symbols) {}
  void add(const std::vector<Event>& events);
  void count_from(base::TsNanos ts) { counted_ = ts; }
  // A row says that the last event of the symbol is this one. Throws std::runtime_error if it was never fed,
  // or if the symbol goes back in time.
  void take(std::string_view symbol, base::TsNanos ts, std::int64_t cents, base::TsNanos now);
  [[nodiscard]] bool all_seen() const { return unseen_ == 0; }
  [[nodiscard]] std::string missing() const;  // the first symbol whose last event was not seen

  Arrivals arrivals;

 private:
  struct Symbol {
    std::vector<Event> events;
    std::size_t seen = 0;
  };
  std::vector<Symbol> symbols_;
  std::uint64_t unseen_ = 0;
  base::TsNanos counted_ = base::kNoTime;
};

class Listener {
 public:
  // Connects to ws://127.0.0.1:port/api/v1/stream, trying again for 30 s, and asks for all rows.
  static std::unique_ptr<Listener> connect(std::uint16_t port, const WallClock& clock, Expected& expected);
  virtual ~Listener() = default;
  // Takes frames until everything expected has been seen; throws if that is not so by `deadline`.
  virtual void take_all(base::TsNanos deadline) = 0;
};

}  // namespace tickerhouse::latency

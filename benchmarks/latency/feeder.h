// Writes the lines of a schedule, each when it is due: an open loop. A write that blocks, or a processor that
// is taken away, makes later lines late and moves none of their times.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "benchmarks/latency/schedule.h"

namespace tickerhouse::latency {

// Wall-clock times read off the monotonic clock, so that a step of the wall clock is no latency.
class WallClock {
 public:
  [[nodiscard]] base::TsNanos now() const;
  [[nodiscard]] std::chrono::steady_clock::time_point at(base::TsNanos ts) const;

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  base::TsNanos wall_ = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
};

class Feeder {
 public:
  // path: a file that grows, or a pipe. Throws std::system_error, as the other functions do.
  Feeder(const std::string& path, const WallClock& clock);
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  void write_at_once(const std::vector<Event>& events);
  // Returns how long after it was due each event had been written.
  std::vector<base::DurationNanos> write_on_time(const std::vector<Event>& events);

 private:
  void write(const char* bytes, std::size_t size) const;
  const WallClock& clock_;
  int fd_;
  std::uint64_t next_id_ = 1;
};

}  // namespace tickerhouse::latency

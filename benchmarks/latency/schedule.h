// What is fed and when: fixed before the first event, so that nothing that is slow can put an event off.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace tickerhouse::latency {

struct Event {
  base::TsNanos ts = 0;  // when it is due, on the wall clock; no two are the same
  std::uint32_t symbol = 0;
  std::int64_t cents = 0;
};

struct Schedule {
  std::uint32_t symbols = 0;
  std::uint32_t rate = 0;  // events per second; 0: one at a time, 150 to 450 ms apart
  base::DurationNanos length = 0;
  std::uint64_t seed = 0;
};

// One event of each symbol, due at `from` and the nanoseconds behind it.
std::vector<Event> opening(const Schedule& schedule, base::TsNanos from);
// The events of the schedule, ascending; which symbol and which price each has is drawn from the seed.
std::vector<Event> timed(const Schedule& schedule, base::TsNanos from);

std::string symbol_name(std::uint32_t symbol);  // S0007
// A line of our own JSON, with its line feed; id is its trade_id.
std::string line_of(const Event& event, std::uint64_t id);

}  // namespace tickerhouse::latency

// Bars as lines for a person: AAPL | $150.23 | Vol: 5,234 | Partition: 1 | Offset: 42
#pragma once

#include <cstdint>
#include <memory>
#include <ostream>

#include "base/clock.h"
#include "flow/sink.h"

namespace tickerhouse::sinks {

struct ConsoleOptions {
  flow::SinkPosition begin;  // where to begin; places that are missing begin at 0
  std::uint32_t lines_per_second =
      0;  // 0: no limit. Beyond it a flush shows the newest bars of its symbols and counts the others
  std::uint64_t totals_every = 0;    // a line of totals each so many bars; 0: none
  base::DurationNanos interval = 0;  // bars of this length only; 0: all
  bool colours = false;              // green and red by the change of the bar
};

// A sink named `console`; topic bars. Its position is memory only: a new one begins at options.begin. `out`
// and `clock` must outlive it.
std::unique_ptr<flow::Sink> make_console_sink(const ConsoleOptions& options, std::ostream& out,
                                              base::Clock& clock = base::system_clock());

}  // namespace tickerhouse::sinks

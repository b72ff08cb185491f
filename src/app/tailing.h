// What every tail does: where it begins, when it stops.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::app {

struct StartPlace {
  enum class Kind { beginning, end, offset, time };
  Kind kind = Kind::beginning;
  std::uint64_t offset = 0;
  base::TsNanos time = base::kNoTime;
};

// "beginning", "end", an offset or a time (ISO, or a date); `invalid_argument` naming the flag.
base::Result<StartPlace> parse_start(const std::string& text, const char* flag);

struct TailEnd {
  std::string timeout;  // a duration; empty: none
  bool exit_at_end = false;
};

// Calls `round` (true: something was there) until `full`, the end, the timeout or a signal; flushes stdout
// after each, and pauses where nothing came.
base::Status run_rounds(const TailEnd& end, const std::function<base::Result<bool>()>& round,
                        const std::function<bool()>& full);

}  // namespace tickerhouse::app

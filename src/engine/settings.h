// The settings that decide what results are. They are the first record of a data directory; another start
// must bring the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::engine {

inline constexpr base::DurationNanos kTimeGrid = 250 * base::kMillisecond;  // watermarks move on it
// Where an event at `ts` puts the watermark of its source, if that is not there yet.
inline base::TsNanos watermark_at(base::TsNanos ts, base::DurationNanos bound) {
  return base::floor_to(ts - bound, kTimeGrid);
}
inline constexpr std::uint16_t kPartitionsMax = 1'024;
inline constexpr std::size_t kIntervalsMax = 16;
inline constexpr base::DurationNanos kIntervalMax = 7 * base::kDay;

struct Settings {
  base::DurationNanos bound = 5 * base::kSecond;  // how far events may be out of order
  base::DurationNanos allowed_lateness =
      2 * base::kMinute;                                  // how long a closed window still takes late events
  base::DurationNanos skew = 5 * base::kSecond;           // how far ts_event may lie after its receipt
  base::DurationNanos idle_timeout = 10 * base::kSecond;  // live sources only
  base::DurationNanos grace = 5 * base::kSecond;          // live sources with sessions only
  std::uint16_t partitions = 4;
  std::vector<base::DurationNanos> intervals = {base::kMinute,      5 * base::kMinute,
                                                15 * base::kMinute, 30 * base::kMinute,
                                                base::kHour,        base::kDay};  // ascending
  bool operator==(const Settings&) const = default;
};

// All that is wrong, one line each, with the key's name; empty: usable.
std::vector<std::string> problems_of(const Settings& settings);

// One minute, or the greatest common divisor of the intervals if one of them is not whole minutes.
base::DurationNanos pane_of(const Settings& settings);

// One `key=value` a line, as the settings record holds it, and back.
std::string to_text(const Settings& settings);
base::Result<Settings> settings_from_text(std::string_view text);
// The first key in which two settings differ, with both values; empty if equal.
std::string first_difference(const Settings& stored, const Settings& asked);

}  // namespace tickerhouse::engine

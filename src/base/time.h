// Time is UTC nanoseconds since the epoch. Zones exist only in sources (mapping of foreign files) and on
// screens.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace tickerhouse::base {

using TsNanos = std::int64_t;  // UTC, since 1970-01-01
using DurationNanos = std::int64_t;

inline constexpr DurationNanos kMicrosecond = 1'000;
inline constexpr DurationNanos kMillisecond = 1'000'000;
inline constexpr DurationNanos kSecond = 1'000'000'000;
inline constexpr DurationNanos kMinute = 60 * kSecond;
inline constexpr DurationNanos kHour = 60 * kMinute;
inline constexpr DurationNanos kDay = 24 * kHour;

// "Not known": recorded data without a receive time, a source that has no watermark yet.
inline constexpr TsNanos kNoTime = std::numeric_limits<TsNanos>::min();

// Largest multiple of step that is <= ts; step > 0. Right for negative ts too.
constexpr TsNanos floor_to(TsNanos ts, DurationNanos step) {
  const TsNanos rest = ts % step;
  return rest < 0 ? ts - rest - step : ts - rest;
}

// Days since 1970-01-01 of a civil date and back (Howard Hinnant, "chrono-compatible low-level date
// algorithms").
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day);
struct CivilDate {
  std::int64_t year = 1970;
  unsigned month = 1;
  unsigned day = 1;
};
CivilDate civil_from_days(std::int64_t days);

// A wall-clock reading as text holds it: nanoseconds since 1970-01-01T00:00 of that clock, and its offset
// from UTC if it was written.
struct WallTime {
  TsNanos local = 0;
  std::optional<DurationNanos> offset;
};

// docs/semantics.md 1.10: date, T, t or one space, HH:MM[:SS[.digits]], optional Z, z or offset. Digits
// beyond nine are cut.
std::optional<WallTime> parse_wall_time(std::string_view text);
// The same as UTC; no offset means UTC. Before 1970 or beyond int64 nanoseconds: nullopt.
std::optional<TsNanos> parse_iso_time(std::string_view text);
// YYYY-MM-DD -> days since 1970-01-01.
std::optional<std::int64_t> parse_date(std::string_view text);

// 2026-01-05T14:30:00Z, 2026-01-05T14:30:00.25Z: fractions without trailing zeros.
void append_iso_time(std::string& out, TsNanos ts);
void append_date(std::string& out, std::int64_t days);  // YYYY-MM-DD

// "5s", "250ms", "2m", "1h", "1d", "90 seconds", "2 minutes": any Spark interval of one unit, and "0".
// nullopt if it is none or overflows.
std::optional<DurationNanos> parse_duration(std::string_view text);
// The shortest of the forms above: "1m30s" never; 90 s is "90s", 3600 s is "1h".
std::string format_duration(DurationNanos duration);

}  // namespace tickerhouse::base

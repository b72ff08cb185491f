#include "sources/zone.h"

#include <date/tz.h>

#include <algorithm>
#include <stdexcept>

namespace tickerhouse::sources {

base::Result<LocalToUtc> make_zone(const std::string& name) {
  if (name.empty() || name == "UTC") return LocalToUtc();
  const date::time_zone* zone = nullptr;
  try {
    zone = date::locate_zone(name);
  } catch (const std::runtime_error& error) {
    return base::Error{base::ErrorCode::configuration,
                       std::string("no such time zone: \"").append(name).append("\" (e.g. America/New_York)"),
                       "zone"};
  }
  struct Cache {  // of the stretch between two changes of the clock, a day inside its borders
    base::TsNanos begin = 0;
    base::TsNanos end = 0;
    base::DurationNanos offset = 0;
  };
  return LocalToUtc([zone, cache = Cache()](base::TsNanos local) mutable -> std::optional<base::TsNanos> {
    if (local >= cache.begin && local < cache.end) return local - cache.offset;
    const date::local_time<std::chrono::nanoseconds> wall{std::chrono::nanoseconds(local)};
    const date::local_info info = zone->get_info(wall);
    if (info.result == date::local_info::nonexistent) return std::nullopt;
    const base::DurationNanos offset = std::chrono::nanoseconds(info.first.offset).count();
    const auto bounded = [](date::sys_seconds ts) {  // the outermost stretches reach beyond int64 nanoseconds
      constexpr std::int64_t kSecondsMax = 9'000'000'000;
      return std::clamp<std::int64_t>(ts.time_since_epoch().count(), -kSecondsMax, kSecondsMax) *
             base::kSecond;
    };
    cache = {bounded(info.first.begin) + base::kDay, bounded(info.first.end) - base::kDay, offset};
    base::TsNanos utc = 0;
    return __builtin_sub_overflow(local, offset, &utc) ? std::nullopt : std::optional(utc);
  });
}

}  // namespace tickerhouse::sources

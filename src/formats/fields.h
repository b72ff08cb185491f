// The fields of a record before they mean anything: text as it stood, found by name, column or path. Both the
// fast and the strict JSON reader and the CSV reader end here, so a record means the same whichever way it
// came.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "base/decimal.h"
#include "base/time.h"

namespace tickerhouse::formats {

// Names of docs/semantics.md 1.6, in its order.
enum class Field : std::uint8_t {
  kind,
  symbol,
  price,
  volume,
  size,
  ts,
  ts_epoch_ms,
  timestamp,
  trade_id,
  venue,
  seq,
  ts_recv,
  bid,
  ask,
  bid_size,
  ask_size,
  volume_kind,
  open,
  high,
  low,
  prev_close,
};
inline constexpr std::size_t kFields = 21;
std::string_view field_name(Field field);
std::optional<Field> field_of(std::string_view name);

enum class RawType : std::uint8_t {
  absent,  // not there, JSON null, an empty CSV field
  text,    // a JSON string, unescaped
  number,  // a JSON number as written
  cell,    // a CSV field: text and number at once
  other,   // true, false, object, array
};

struct RawField {
  RawType type = RawType::absent;
  std::string_view text;
};
using RawFields = std::array<RawField, kFields>;

enum class TimeUnit : std::uint8_t { iso, seconds, milliseconds, microseconds, nanoseconds, seconds_of_day };

// What a mapping says about values beside where they are. The default is our own shape.
struct ValueRules {
  std::array<base::DecimalFactor, kFields> factors{};
  TimeUnit ts_unit = TimeUnit::iso;
  TimeUnit ts_recv_unit = TimeUnit::iso;
  std::int64_t base_date = 0;  // days; of seconds_of_day
  // Local wall time of the mapping's zone → UTC; nullopt: never happened. Empty: UTC.
  std::function<std::optional<base::TsNanos>(base::TsNanos local)> to_utc;
};

}  // namespace tickerhouse::formats

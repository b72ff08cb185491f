// A bar: one window of one symbol and interval, as it stands on the tape. All numbers are exact integers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/int128.h"
#include "base/time.h"
#include "market/price.h"

namespace tickerhouse::market {

enum class BarState : std::uint8_t { provisional = 1, final, revised };

namespace quality {
inline constexpr std::uint16_t kPartial = 1;
inline constexpr std::uint16_t kGap = 2;
inline constexpr std::uint16_t kLate = 4;
inline constexpr std::uint16_t kCorrected = 8;
inline constexpr std::uint16_t kOverflow = 16;
}  // namespace quality

// Bits of BarRow::known: a column whose bit is missing is null, and its field is 0.
namespace known {
inline constexpr std::uint8_t kVolume = 1;
inline constexpr std::uint8_t kNotional = 2;
inline constexpr std::uint8_t kVwap = 4;
inline constexpr std::uint8_t kPriceAvg = 8;
inline constexpr std::uint8_t kPctChange = 16;
}  // namespace known

struct alignas(16) BarRow {
  base::Int128 volume = 0;      // 1e-6
  base::Int128 notional = 0;    // 1e-15
  base::Int128 pct_change = 0;  // 1e-6 percent
  base::TsNanos window_start = 0;
  base::TsNanos window_end = 0;
  base::DurationNanos interval = 0;
  base::TsNanos open_time = 0;
  base::TsNanos close_time = 0;
  Price open;
  Price high;
  Price low;
  Price close;
  Price vwap;
  Price price_avg;
  std::int64_t trade_count = 0;
  std::int32_t trade_date = 0;  // days since 1970-01-01
  std::uint32_t revision = 0;
  std::uint16_t symbol = 0xFFFF;
  std::uint16_t quality = 0;
  BarState state = BarState::provisional;
  std::uint8_t known = 0;
  std::array<std::uint8_t, 2> unused{};
  std::array<std::uint64_t, 2> reserved{};
};
static_assert(sizeof(BarRow) == 176 && std::is_trivially_copyable_v<BarRow>);

// "partial|late", empty when clean; and back.
std::string quality_names(std::uint16_t quality);
std::optional<std::uint16_t> quality_of(std::string_view names);
const char* state_name(BarState state);
std::optional<BarState> state_of(std::string_view name);

}  // namespace tickerhouse::market

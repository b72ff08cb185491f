// Exact quantities: a price counts 1e-9 of the currency unit, a size 1e-6 of the traded unit. The types keep
// the two apart.
#pragma once

#include <compare>
#include <cstdint>

namespace tickerhouse::market {

inline constexpr int kPriceScale = 9;
inline constexpr int kSizeScale = 6;
inline constexpr int kNotionalScale = kPriceScale + kSizeScale;
inline constexpr int kPercentScale = 6;

struct Price {
  std::int64_t units = 0;
  auto operator<=>(const Price&) const = default;
};

struct Size {
  std::int64_t units = 0;
  auto operator<=>(const Size&) const = default;
};

}  // namespace tickerhouse::market

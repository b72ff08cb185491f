// Checked 128-bit integers for exact sums. A decimal column holds 38 digits, so 10^38 - 1 is the limit, not
// 2^127 - 1: an addition or product beyond it says so (nullopt) and nothing ever wraps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tickerhouse::base {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

inline constexpr int kDecimalDigitsMax = 38;
Int128 pow10_int128(int exponent);  // 10^exponent, 0 <= exponent <= 38

std::optional<Int128> checked_add(Int128 a, Int128 b);
std::optional<Int128> checked_multiply(std::int64_t a, std::int64_t b);

// numerator / denominator rounded half to even; denominator > 0.
Int128 divide_half_even(Int128 numerator, Int128 denominator);

// numerator * scale / denominator, rounded half to even, exact although the product may need up to 192 bits.
// Requires 0 <= numerator, 0 < scale, 0 < denominator; nullopt when the quotient does not fit 38 digits.
std::optional<Int128> scale_divide_half_even(Int128 numerator, std::int64_t scale, Int128 denominator);

// Plain decimal text of value / 10^scale: no exponent, no trailing zeros after the point, "-" for negatives.
void append_decimal(std::string& out, Int128 value, int scale);

// What append_decimal writes, read back; nullopt for any other text, digits beyond the scale included.
std::optional<Int128> parse_plain_decimal(std::string_view text, int scale);

}  // namespace tickerhouse::base

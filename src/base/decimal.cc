// One pass collects at most 38 significant digits and remembers whether anything non-zero followed: enough to
// round half to even exactly, however long the text is.
#include "base/decimal.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/int128.h"

namespace tickerhouse::base {
namespace {

constexpr int kDigitsKept = 37;

struct Scanned {
  bool ok = false;
  bool negative = false;
  bool more = false;       // a non-zero digit was cut away below the kept ones
  Int128 digits = 0;       // the kept significant digits
  std::int64_t power = 0;  // value = digits * 10^power (+ less than one unit if more)
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void keep_digit(Scanned& s, int& kept, char c, bool fraction) {
  if (kept < kDigitsKept) {
    s.digits = s.digits * 10 + (c - '0');
    if (s.digits != 0) ++kept;
    if (fraction) --s.power;
  } else {
    if (c != '0') s.more = true;
    if (!fraction) ++s.power;
  }
}

// exponent text (after e or E) -> clamped value; false if it is no exponent
bool scan_exponent(std::string_view text, std::size_t& i, std::int64_t& exponent) {
  bool negative = false;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) negative = text[i++] == '-';
  if (i == text.size() || !is_digit(text[i])) return false;
  std::int64_t value = 0;
  for (; i < text.size() && is_digit(text[i]); ++i)
    if (value < 1'000'000'000'000) value = value * 10 + (text[i] - '0');
  exponent = negative ? -value : value;
  return true;
}

Scanned scan(std::string_view text) {
  Scanned s;
  std::size_t i = 0;
  int kept = 0;
  if (i < text.size() && text[i] == '-') {
    s.negative = true;
    ++i;
  }
  if (i == text.size() || !is_digit(text[i])) return s;
  if (text[i] == '0' && i + 1 < text.size() && is_digit(text[i + 1])) return s;
  for (; i < text.size() && is_digit(text[i]); ++i) keep_digit(s, kept, text[i], false);
  if (i < text.size() && text[i] == '.') {
    if (++i == text.size() || !is_digit(text[i])) return s;
    for (; i < text.size() && is_digit(text[i]); ++i) keep_digit(s, kept, text[i], true);
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::int64_t exponent = 0;
    if (!scan_exponent(text, ++i, exponent)) return s;
    s.power += exponent;
  }
  s.ok = i == text.size();
  return s;
}

Decimal finish(const Scanned& s, Int128 magnitude, bool rounded) {
  const auto limit = static_cast<Int128>(std::numeric_limits<std::int64_t>::max());
  if (magnitude > limit) return {DecimalState::overflow, 0};
  const auto value = static_cast<std::int64_t>(magnitude);
  return {rounded ? DecimalState::rounded : DecimalState::exact, s.negative ? -value : value};
}

// A valid number times mantissa, of all its digits: a digit that is not kept may still carry into one that
// is. Rare, so it may allocate.
Scanned scan_product(std::string_view text, std::int64_t mantissa) {
  const std::size_t end = std::min(text.find_first_of("eE"), text.size());
  std::string product;  // last digit first
  std::size_t fraction = 0;
  Uint128 carry = 0;
  for (std::size_t i = end; i-- > 0;) {
    if (text[i] == '.') fraction = end - i - 1;
    if (!is_digit(text[i])) continue;
    carry += static_cast<Uint128>(text[i] - '0') * static_cast<Uint128>(mantissa);
    product.push_back(static_cast<char>('0' + static_cast<int>(carry % 10)));
    carry /= 10;
  }
  for (; carry != 0; carry /= 10) product.push_back(static_cast<char>('0' + static_cast<int>(carry % 10)));
  while (product.size() > 1 && product.back() == '0') product.pop_back();
  if (text.front() == '-') product.push_back('-');
  std::reverse(product.begin(), product.end());
  Scanned s = scan(product.append(text.substr(end)));
  s.power -= static_cast<std::int64_t>(fraction);
  return s;
}

enum class Beyond { round_half_even, cut };

// digits * 10^power as a scaled integer; power already includes the scale.
Decimal place(const Scanned& s, Int128 digits, std::int64_t power, Beyond beyond = Beyond::round_half_even) {
  if (digits == 0) return finish(s, 0, s.more);
  if (power >= 0) {
    if (power > 18) return {DecimalState::overflow, 0};
    Int128 value = digits;
    for (std::int64_t k = 0; k < power; ++k)
      if (__builtin_mul_overflow(value, Int128{10}, &value)) return {DecimalState::overflow, 0};
    return finish(s, value, s.more);
  }
  if (power < -kDecimalDigitsMax) return finish(s, 0, true);
  const Int128 divisor = pow10_int128(static_cast<int>(-power));
  Int128 quotient = digits / divisor;
  const Int128 rest = digits % divisor;
  const Int128 gap = divisor - rest;  // rest against one half without doubling
  const bool up = rest > gap || (rest == gap && (s.more || (quotient & 1) != 0));
  if (up && beyond == Beyond::round_half_even) ++quotient;
  return finish(s, quotient, rest != 0 || s.more);
}

// At most 18 digits, no exponent and none beyond the scale, as nearly all numbers are written; nullopt: read
// it the long way.
std::optional<Decimal> parse_usual(std::string_view text, int scale) {
  constexpr std::ptrdiff_t kDigitsMax = 18;
  const bool negative = text.starts_with('-');
  const char* at = text.data() + (negative ? 1 : 0);
  const char* const end = text.data() + text.size();
  if (at == end || end - at > kDigitsMax + 1 || (*at == '0' && end - at > 1 && at[1] != '.'))
    return std::nullopt;
  std::uint64_t digits = 0;  // 19 fit
  const auto take_digits = [&] {
    const char* const begin = at;
    for (; at != end && is_digit(*at); ++at) digits = digits * 10 + static_cast<std::uint64_t>(*at - '0');
    return at - begin;
  };
  const std::ptrdiff_t whole = take_digits();
  std::ptrdiff_t fraction = 0;
  if (at != end && *at == '.') {
    ++at;
    fraction = take_digits();
    if (fraction == 0) return std::nullopt;
  }
  if (at != end || whole == 0 || whole + fraction > kDigitsMax || fraction > scale) return std::nullopt;
  const auto unit = static_cast<std::int64_t>(pow10_int128(scale - static_cast<int>(fraction)));
  std::int64_t value = 0;
  if (__builtin_mul_overflow(static_cast<std::int64_t>(digits), unit, &value))
    return Decimal{DecimalState::overflow, 0};
  return Decimal{DecimalState::exact, negative ? -value : value};
}

}  // namespace

bool is_json_number(std::string_view text) { return scan(text).ok; }

Decimal parse_decimal(std::string_view text, int scale) {
  CHECK(scale >= 0 && scale <= 18);
  if (const auto usual = parse_usual(text, scale)) return *usual;
  const Scanned s = scan(text);
  if (!s.ok) return {};
  return place(s, s.digits, s.power + scale);
}

Decimal parse_decimal_cut(std::string_view text, int scale) {
  CHECK(scale >= 0 && scale <= 18);
  if (const auto usual = parse_usual(text, scale)) return *usual;
  const Scanned s = scan(text);
  if (!s.ok) return {};
  return place(s, s.digits, s.power + scale, Beyond::cut);
}

Decimal parse_decimal_scaled(std::string_view text, int scale, DecimalFactor factor) {
  CHECK(scale >= 0 && scale <= 18 && factor.mantissa > 0);
  Scanned s = scan(text);
  if (!s.ok) return {};
  Int128 product = 0;
  if (s.more || __builtin_mul_overflow(s.digits, static_cast<Int128>(factor.mantissa), &product)) {
    s = scan_product(text, factor.mantissa);
    product = s.digits;
  }
  return place(s, product, s.power + scale + factor.exponent);
}

}  // namespace tickerhouse::base

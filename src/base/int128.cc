#include "base/int128.h"

#include <array>
#include <cstring>

#include "base/check.h"

namespace tickerhouse::base {
namespace {

constexpr std::array<Int128, kDecimalDigitsMax + 1> make_powers() {
  std::array<Int128, kDecimalDigitsMax + 1> powers{};
  Int128 power = 1;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    powers.at(i) = power;
    if (i + 1 < powers.size()) power *= 10;
  }
  return powers;
}
constexpr auto kPowers = make_powers();
constexpr Int128 kLimit = kPowers[kDecimalDigitsMax] - 1;

constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs.at(2 * i) = static_cast<char>('0' + i / 10);
    pairs.at(2 * i + 1) = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

// The two digits of a number below 100, before `end`.
char* put_pair(char* end, std::uint64_t number) {
  std::memcpy(end - 2, &kPairs[number * 2], 2);
  return end - 2;
}

// value and the part of it that was cut away, compared with one half: rounds half to even.
Int128 round_quotient(Int128 quotient, Uint128 remainder, Uint128 denominator, bool negative) {
  const Uint128 twice_gap = denominator - remainder;
  const bool up = remainder > twice_gap || (remainder == twice_gap && (quotient & 1) != 0);
  if (!up) return quotient;
  return negative ? quotient - 1 : quotient + 1;
}

}  // namespace

Int128 pow10_int128(int exponent) {
  CHECK(exponent >= 0 && exponent <= kDecimalDigitsMax);
  return kPowers.at(static_cast<std::size_t>(exponent));
}

std::optional<Int128> checked_add(Int128 a, Int128 b) {
  Int128 sum = 0;
  if (__builtin_add_overflow(a, b, &sum) || sum > kLimit || sum < -kLimit) return std::nullopt;
  return sum;
}

std::optional<Int128> checked_multiply(std::int64_t a, std::int64_t b) {
  const Int128 product = static_cast<Int128>(a) * b;  // 63 + 63 bits always fit
  if (product > kLimit || product < -kLimit) return std::nullopt;
  return product;
}

Int128 divide_half_even(Int128 numerator, Int128 denominator) {
  CHECK(denominator > 0);
  const bool negative = numerator < 0;
  const Int128 quotient = numerator / denominator;
  const Int128 rest = numerator % denominator;
  return round_quotient(quotient, static_cast<Uint128>(negative ? -rest : rest),
                        static_cast<Uint128>(denominator), negative);
}

std::optional<Int128> scale_divide_half_even(Int128 numerator, std::int64_t scale, Int128 denominator) {
  CHECK(numerator >= 0 && scale > 0 && denominator > 0);
  // Long division digit by digit of base 2^1 would do; in practice the first quotient is small, so split the
  // numerator: n * s / d = (n / d) * s + (n % d) * s / d, and repeat bit by bit on the second part where it
  // may overflow.
  const Uint128 d = static_cast<Uint128>(denominator);
  const Uint128 whole = static_cast<Uint128>(numerator) / d;
  Uint128 rest = static_cast<Uint128>(numerator) % d;
  Uint128 quotient = 0;
  if (__builtin_mul_overflow(whole, static_cast<Uint128>(scale), &quotient)) return std::nullopt;
  Uint128 fraction = 0;
  Uint128 remainder = 0;
  Uint128 product = 0;
  if (!__builtin_mul_overflow(rest, static_cast<Uint128>(scale), &product)) {
    fraction = product / d;
    remainder = product % d;
  } else {
    for (int bit = 62; bit >= 0;
         --bit) {  // scale has at most 63 bits; rest < d < 2^127, so doubling fits unsigned
      fraction <<= 1;
      remainder <<= 1;
      if (remainder >= d) {
        remainder -= d;
        fraction |= 1;
      }
      if (((static_cast<std::uint64_t>(scale) >> bit) & 1) == 0) continue;
      remainder += rest;
      if (remainder >= d) {
        remainder -= d;
        fraction += 1;
      }
    }
  }
  if (__builtin_add_overflow(quotient, fraction, &quotient) || quotient > static_cast<Uint128>(kLimit))
    return std::nullopt;
  const Int128 rounded = round_quotient(static_cast<Int128>(quotient), remainder, d, false);
  if (rounded > kLimit) return std::nullopt;
  return rounded;
}

void append_decimal(std::string& out, Int128 value, int scale) {
  CHECK(scale >= 0 && scale <= kDecimalDigitsMax);
  std::array<char, 48> text{};  // filled from its end
  char* end = text.data() + text.size();
  char* at = end;
  Uint128 rest = value < 0 ? Uint128{0} - static_cast<Uint128>(value) : static_cast<Uint128>(value);
  // 64 bits at a time: a division of 128 bits is a call, and one for each digit is most of an export's time.
  constexpr std::uint64_t kWord = 1'000'000'000'000'000'000;
  while (rest >= kWord) {
    const Uint128 higher = rest / kWord;
    auto word = static_cast<std::uint64_t>(rest - higher * kWord);
    for (int pair = 0; pair < 9; ++pair, word /= 100) at = put_pair(at, word % 100);
    rest = higher;
  }
  auto word = static_cast<std::uint64_t>(rest);
  for (; word >= 10; word /= 100) at = put_pair(at, word % 100);
  if (word != 0) *--at = static_cast<char>('0' + word);
  char* const point = end - scale;
  while (at >= point) *--at = '0';
  while (end != point && end[-1] == '0') --end;
  if (end != point) {  // what is before the point moves by one
    std::memmove(at - 1, at, static_cast<std::size_t>(point - at));
    --at;
    point[-1] = '.';
  }
  if (value < 0) *--at = '-';
  out.append(at, end);
}

std::optional<Int128> parse_plain_decimal(std::string_view text, int scale) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
  if (whole.empty() || fraction.size() > static_cast<std::size_t>(scale)) return std::nullopt;
  if (point != std::string_view::npos && fraction.empty()) return std::nullopt;
  if (whole.size() + static_cast<std::size_t>(scale) > kDecimalDigitsMax) return std::nullopt;
  Int128 value = 0;
  for (const std::string_view digits : {whole, fraction})
    for (const char c : digits) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
  value *= pow10_int128(scale - static_cast<int>(fraction.size()));
  return negative ? -value : value;
}

}  // namespace tickerhouse::base

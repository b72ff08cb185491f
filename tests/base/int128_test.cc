// 128-bit sums and quotients against long division on digits.
#include "base/int128.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <random>
#include <string>

namespace tickerhouse::base {
namespace {

using Random = std::mt19937_64;

const Int128 kMost = pow10_int128(38) - 1;

Int128 random_number(Random& random, int bits) {
  const Uint128 wide = static_cast<Uint128>(random()) << 64U | random();
  const auto shift = 127 - random() % static_cast<std::uint64_t>(bits);
  return static_cast<Int128>(wide >> shift);
}

std::string digits_of(Uint128 value) {
  std::string text;
  for (; value != 0; value /= 10)
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
  return text.empty() ? "0" : text;
}

std::string text_of(Int128 value, int scale) {
  std::string text;
  append_decimal(text, value, scale);
  return text;
}

// n * factor / d by hand: one decimal digit of the product at a time, rounded half to even. nullopt beyond 38
// digits.
std::optional<Int128> long_division(Uint128 n, std::int64_t factor, Uint128 d) {
  std::string product;  // of n and factor
  std::string number = digits_of(n);
  Uint128 carry = 0;
  for (std::size_t i = number.size(); i-- > 0;) {
    carry += static_cast<Uint128>(number[i] - '0') * static_cast<Uint128>(factor);
    product.insert(product.begin(), static_cast<char>('0' + static_cast<int>(carry % 10)));
    carry /= 10;
  }
  if (carry != 0) product = digits_of(carry) + product;
  std::string quotient;
  Uint128 rest = 0;  // below d, which is below 2^124 here, so that ten times it fits
  for (const char c : product) {
    rest = rest * 10 + static_cast<Uint128>(c - '0');
    quotient.push_back(static_cast<char>('0' + static_cast<int>(rest / d)));
    rest %= d;
  }
  const bool up = 2 * rest > d || (2 * rest == d && (quotient.back() - '0') % 2 == 1);
  quotient.erase(0, std::min(quotient.find_first_not_of('0'), quotient.size() - 1));
  if (quotient.size() > 38) return std::nullopt;
  Int128 value = 0;
  for (const char c : quotient) value = value * 10 + (c - '0');
  if (up) ++value;
  return value > kMost ? std::nullopt : std::optional(value);
}

TEST(Int128, TheLimitIs38Digits) {
  EXPECT_EQ(checked_add(kMost, 0), kMost);
  EXPECT_EQ(checked_add(kMost, 1), std::nullopt);
  EXPECT_EQ(checked_add(kMost - 1, 1), kMost);
  EXPECT_EQ(checked_add(-kMost, -1), std::nullopt);
  EXPECT_EQ(checked_add(-kMost, kMost), Int128{0});
  EXPECT_EQ(checked_add(kMost, kMost), std::nullopt);
  EXPECT_EQ(checked_add(-kMost, -kMost), std::nullopt);
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(text_of(checked_multiply(kHigh, kHigh).value(), 0), "85070591730234615847396907784232501249");
  EXPECT_EQ(text_of(checked_multiply(kLow, kLow).value(), 0), "85070591730234615865843651857942052864");
  EXPECT_EQ(text_of(checked_multiply(kLow, kHigh).value(), 0), "-85070591730234615856620279821087277056");
}

TEST(Int128, PowersAreOnesWithZeros) {
  for (int i = 0; i <= 38; ++i)
    EXPECT_EQ(digits_of(static_cast<Uint128>(pow10_int128(i))),
              "1" + std::string(static_cast<std::size_t>(i), '0'));
}

TEST(Int128, QuotientsRoundHalfToEvenOnBothSidesOfZero) {
  EXPECT_EQ(divide_half_even(5, 2), 2);
  EXPECT_EQ(divide_half_even(7, 2), 4);
  EXPECT_EQ(divide_half_even(-5, 2), -2);
  EXPECT_EQ(divide_half_even(-7, 2), -4);
  EXPECT_EQ(divide_half_even(1, 2), 0);
  EXPECT_EQ(divide_half_even(-1, 2), 0);
  EXPECT_EQ(divide_half_even(2, 3), 1);
  EXPECT_EQ(divide_half_even(-2, 3), -1);
  EXPECT_EQ(divide_half_even(-4, 3), -1);
  EXPECT_EQ(divide_half_even(kMost, 1), kMost);
  EXPECT_EQ(divide_half_even(kMost, kMost), 1);
  EXPECT_EQ(divide_half_even((kMost - 1) / 2, kMost), 0);
  EXPECT_EQ(divide_half_even((kMost + 1) / 2, kMost), 1);
}

TEST(Int128, RandomQuotientsAreThoseOfLongDivision) {
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const Int128 n = random_number(random, 126);
    const Int128 d = random_number(random, 123) + 1;
    const auto wanted = long_division(static_cast<Uint128>(n), 1, static_cast<Uint128>(d));
    if (!wanted) continue;
    ASSERT_EQ(divide_half_even(n, d), *wanted)
        << digits_of(static_cast<Uint128>(n)) << " / " << digits_of(static_cast<Uint128>(d));
    ASSERT_EQ(divide_half_even(-n, d), -*wanted);
  }
}

TEST(Int128, RandomScaledQuotientsAreThoseOfLongDivision) {
  Random random(2);
  int fit = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Int128 n = random_number(random, 126);
    const Int128 d = random_number(random, 123) + 1;
    const auto scale = static_cast<std::int64_t>(random() >> (1 + random() % 60)) | 1;
    const auto wanted = long_division(static_cast<Uint128>(n), scale, static_cast<Uint128>(d));
    fit += wanted ? 1 : 0;
    ASSERT_EQ(scale_divide_half_even(n, scale, d), wanted)
        << digits_of(static_cast<Uint128>(n)) << " * " << scale << " / "
        << digits_of(static_cast<Uint128>(d));
  }
  EXPECT_GT(fit, 5'000);
  // Ties, also where the product needs more than 128 bits.
  EXPECT_EQ(scale_divide_half_even(1, 5, 2), 2);
  EXPECT_EQ(scale_divide_half_even(1, 7, 2), 4);
  const Int128 half = pow10_int128(37) * 2;
  EXPECT_EQ(scale_divide_half_even(half / 2, 1'000'000'001, half), Int128{500'000'000});
  EXPECT_EQ(scale_divide_half_even(half / 2, 1'000'000'003, half), Int128{500'000'002});
  EXPECT_EQ(scale_divide_half_even(kMost, 1, 1), kMost);
  EXPECT_EQ(scale_divide_half_even(kMost, 2, 1), std::nullopt);
  EXPECT_EQ(scale_divide_half_even(0, 9, 7), Int128{0});
}

TEST(Int128, PrintedNumbersArePlain) {
  EXPECT_EQ(text_of(0, 9), "0");
  EXPECT_EQ(text_of(0, 0), "0");
  EXPECT_EQ(text_of(1, 9), "0.000000001");
  EXPECT_EQ(text_of(-1, 9), "-0.000000001");
  EXPECT_EQ(text_of(150'250'000'000, 9), "150.25");
  EXPECT_EQ(text_of(-1'000'000'000, 9), "-1");
  EXPECT_EQ(text_of(1'000, 0), "1000");
  EXPECT_EQ(text_of(kMost, 0), std::string(38, '9'));
  EXPECT_EQ(text_of(kMost, 38), "0." + std::string(38, '9'));
  EXPECT_EQ(text_of(std::numeric_limits<std::int64_t>::min(), 0), "-9223372036854775808");
}

TEST(Int128, RandomNumbersPrintTheirDigits) {
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    const Int128 value = random_number(random, 126) % (kMost + 1);
    const auto scale = static_cast<std::size_t>(random() % 39);
    std::string wanted = digits_of(static_cast<Uint128>(value));
    if (wanted.size() <= scale) wanted.insert(0, scale + 1 - wanted.size(), '0');
    std::string fraction = wanted.substr(wanted.size() - scale);
    wanted.resize(wanted.size() - scale);
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
    if (!fraction.empty()) wanted.append(".").append(fraction);
    ASSERT_EQ(text_of(value, static_cast<int>(scale)), wanted);
    ASSERT_EQ(text_of(-value, static_cast<int>(scale)), value == 0 ? wanted : "-" + wanted);
  }
}

TEST(Int128, PlainDecimalsComeBack) {
  for (const Int128 value :
       {Int128{0}, Int128{1}, Int128{-1}, Int128{123'456'789}, -pow10_int128(30), pow10_int128(38) - 1})
    for (const int scale : {0, 6, 15}) {
      std::string text;
      append_decimal(text, value, scale);
      EXPECT_EQ(parse_plain_decimal(text, scale), value) << text;
    }
  for (const char* text :
       {"", "-", ".5", "5.", "1e3", "1.2345678", "+1", " 1", "100000000000000000000000000000000000000"})
    EXPECT_FALSE(parse_plain_decimal(text, 6).has_value()) << text;
}

}  // namespace
}  // namespace tickerhouse::base

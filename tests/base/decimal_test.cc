// Numbers against arithmetic on their text, which has no limits of its own.
#include "base/decimal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

#include "base/int128.h"

namespace tickerhouse::base {
namespace {

using Random = std::mt19937_64;

// value = 0.digits * 10^point, without zeros in front.
struct Plain {
  bool negative = false;
  std::string digits;
  long point = 0;
};

// Of a valid number whose exponent is short.
Plain plain(std::string text) {
  Plain value;
  value.negative = text.front() == '-';
  if (value.negative) text.erase(0, 1);
  if (const std::size_t e = text.find_first_of("eE"); e != std::string::npos) {
    value.point = std::stol(text.substr(e + 1));
    text.resize(e);
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  value.point += static_cast<long>(point);
  value.digits = text.erase(point, 1);
  const std::size_t zeros = std::min(value.digits.find_first_not_of('0'), value.digits.size());
  value.digits.erase(0, zeros);
  value.point -= static_cast<long>(zeros);
  return value;
}

void multiply(Plain& value, std::int64_t factor) {
  std::string product;
  Uint128 carry = 0;
  for (std::size_t i = value.digits.size(); i-- > 0 || carry != 0;) {
    if (i != std::string::npos) {
      carry += static_cast<Uint128>(value.digits[i] - '0') * static_cast<Uint128>(factor);
    } else {
      ++value.point;
      i = 0;
    }
    product.push_back(static_cast<char>('0' + static_cast<int>(carry % 10)));
    carry /= 10;
  }
  std::reverse(product.begin(), product.end());
  value.digits = product;
}

enum class Rule { half_even, cut };

Decimal expected(const Plain& value, int scale, Rule rule = Rule::half_even) {
  const long whole = value.point + scale;  // so many digits stand before the point of the result
  if (value.digits.find_first_not_of('0') == std::string::npos) return {DecimalState::exact, 0};
  if (whole > 30) return {DecimalState::overflow, 0};
  std::string kept = value.digits;
  std::string lost;
  if (whole < 0) {
    kept.clear();
    lost = std::string(static_cast<std::size_t>(-whole), '0') + value.digits;
  } else if (static_cast<std::size_t>(whole) < value.digits.size()) {
    kept.resize(static_cast<std::size_t>(whole));
    lost = value.digits.substr(static_cast<std::size_t>(whole));
  } else {
    kept.append(static_cast<std::size_t>(whole) - kept.size(), '0');
  }
  while (!lost.empty() && lost.back() == '0') lost.pop_back();
  Int128 result = 0;
  for (const char c : kept) result = result * 10 + (c - '0');
  const bool odd = !kept.empty() && (kept.back() - '0') % 2 == 1;
  if (rule == Rule::half_even && (lost > "5" || (lost == "5" && odd))) ++result;
  if (result > std::numeric_limits<std::int64_t>::max()) return {DecimalState::overflow, 0};
  const auto magnitude = static_cast<std::int64_t>(result);
  return {lost.empty() ? DecimalState::exact : DecimalState::rounded,
          value.negative ? -magnitude : magnitude};
}

bool same(const Decimal& a, const Decimal& b) { return a.state == b.state && a.value == b.value; }

::testing::AssertionResult equal(const Decimal& got, const Decimal& wanted) {
  if (same(got, wanted)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "state " << static_cast<int>(got.state) << " value " << got.value << ", not state "
         << static_cast<int>(wanted.state) << " value " << wanted.value;
}

std::string random_digits(Random& random, std::size_t most) {
  std::string digits(1 + random() % most, '0');
  const bool few = random() % 4 == 0;  // 0, 5 and 9 alone: ties and carries
  for (char& c : digits) c = few ? "059"[random() % 3] : static_cast<char>('0' + random() % 10);
  return digits;
}

std::string random_number(Random& random) {
  std::string text = random() % 4 == 0 ? "-" : "";
  std::string whole = random_digits(random, random() % 8 == 0 ? 45 : 12);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  text.append(whole);
  if (random() % 4 != 0) text.append(".").append(random_digits(random, random() % 8 == 0 ? 60 : 15));
  if (random() % 4 == 0) {
    text.append(random() % 2 == 0 ? "e" : "E");
    const auto exponent = static_cast<int>(random() % 50) - 25;
    if (exponent >= 0 && random() % 2 == 0) text.append("+");
    text.append(std::to_string(exponent));
  }
  return text;
}

TEST(Decimal, TheGrammarIsThatOfJsonNumbers) {
  for (const char* good : {"0", "-0", "0.0", "10", "-1.50", "1e5", "1E+5", "1e-05", "0e0", "9.99e00"})
    EXPECT_TRUE(is_json_number(good)) << good;
  for (const char* bad :
       {"",   "-",   "+1",  ".5",    "5.",  "1.e5",     "01",   "-01", "00", "1e",  "1e+",  "1e1.0",   "1 ",
        " 1", "0x1", "1_0", "1,000", "NaN", "Infinity", "1e5 ", "--1", "1-", "1..", "1.5.", "\xD9\xA1"}) {
    EXPECT_FALSE(is_json_number(bad)) << bad;
    EXPECT_EQ(parse_decimal(bad, 9).state, DecimalState::malformed) << bad;
  }
  EXPECT_FALSE(is_json_number(std::string_view("1\0", 2)));
  EXPECT_EQ(parse_decimal("01", 9).state, DecimalState::malformed);
  EXPECT_EQ(parse_decimal_cut("1.", 9).state, DecimalState::malformed);
  EXPECT_EQ(parse_decimal_scaled("", 9, {}).state, DecimalState::malformed);
}

// The short way takes nothing that is no number, and leaves none out.
TEST(Decimal, WhatIsReadIsANumber) {
  Random random(5);
  int read = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (auto left = random() % 8; left > 0; --left) text.push_back("0011234567899..-e"[random() % 17]);
    const bool is_number = parse_decimal(text, 9).state != DecimalState::malformed;
    ASSERT_EQ(is_number, is_json_number(text)) << text;
    if (is_number) ++read;
  }
  EXPECT_GT(read, 10'000);
}

TEST(Decimal, HalvesGoToTheEvenNeighbour) {
  EXPECT_TRUE(equal(parse_decimal("150.25", 9), {DecimalState::exact, 150'250'000'000}));
  EXPECT_TRUE(equal(parse_decimal("0.0000000005", 9), {DecimalState::rounded, 0}));
  EXPECT_TRUE(equal(parse_decimal("0.0000000015", 9), {DecimalState::rounded, 2}));
  EXPECT_TRUE(equal(parse_decimal("0.0000000025", 9), {DecimalState::rounded, 2}));
  EXPECT_TRUE(equal(parse_decimal("-0.0000000015", 9), {DecimalState::rounded, -2}));
  EXPECT_TRUE(equal(parse_decimal("0.00000000050", 9), {DecimalState::rounded, 0}));
  // One digit far behind the half decides.
  EXPECT_TRUE(
      equal(parse_decimal("0.0000000025" + std::string(5000, '0') + "1", 9), {DecimalState::rounded, 3}));
  EXPECT_TRUE(
      equal(parse_decimal("1.000000000" + std::string(5000, '0'), 9), {DecimalState::exact, 1'000'000'000}));
}

TEST(Decimal, TheLimitIsThatOfInt64) {
  EXPECT_TRUE(equal(parse_decimal("9223372036854775807", 0),
                    {DecimalState::exact, std::numeric_limits<std::int64_t>::max()}));
  EXPECT_TRUE(equal(parse_decimal("9223372036854775808", 0), {DecimalState::overflow, 0}));
  EXPECT_TRUE(equal(parse_decimal("-9223372036854775807", 0),
                    {DecimalState::exact, -std::numeric_limits<std::int64_t>::max()}));
  EXPECT_TRUE(equal(parse_decimal("9223372036.8547758074", 9),
                    {DecimalState::rounded, std::numeric_limits<std::int64_t>::max()}));
  EXPECT_TRUE(equal(parse_decimal("9223372036.8547758075", 9), {DecimalState::overflow, 0}));
  EXPECT_TRUE(equal(parse_decimal_cut("9223372036.85477580799", 9),
                    {DecimalState::rounded, std::numeric_limits<std::int64_t>::max()}));
  EXPECT_TRUE(equal(parse_decimal(std::string(100'000, '9'), 0), {DecimalState::overflow, 0}));
}

TEST(Decimal, ExponentsOfAnyLength) {
  const std::string huge(400, '9');
  EXPECT_TRUE(equal(parse_decimal("1e" + huge, 9), {DecimalState::overflow, 0}));
  EXPECT_TRUE(equal(parse_decimal("1e-" + huge, 9), {DecimalState::rounded, 0}));
  EXPECT_TRUE(equal(parse_decimal("0e" + huge, 9), {DecimalState::exact, 0}));
  EXPECT_TRUE(equal(parse_decimal("-0.000e-" + huge, 9), {DecimalState::exact, 0}));
  EXPECT_TRUE(equal(parse_decimal("1e" + std::string(400, '0') + "2", 0), {DecimalState::exact, 100}));
  // Many digits that the exponent takes back.
  EXPECT_TRUE(equal(parse_decimal("0." + std::string(3000, '0') + "15e3000", 1), {DecimalState::rounded, 2}));
  EXPECT_TRUE(equal(parse_decimal("15" + std::string(3000, '0') + "e-3002", 1), {DecimalState::rounded, 2}));
}

TEST(Decimal, RandomNumbersAreThoseOfTheirText) {
  Random random(1);
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = random_number(random);
    const int scale = std::array{0, 6, 9, 18}[random() % 4];
    ASSERT_TRUE(equal(parse_decimal(text, scale), expected(plain(text), scale))) << text << " at " << scale;
    ASSERT_TRUE(equal(parse_decimal_cut(text, scale), expected(plain(text), scale, Rule::cut)))
        << text << " at " << scale << ", cut";
  }
}

TEST(Decimal, RandomProductsAreRoundedOnce) {
  Random random(2);
  for (int i = 0; i < 60'000; ++i) {
    const std::string text = random_number(random);
    DecimalFactor factor{static_cast<std::int64_t>(random() >> (1 + random() % 62)),
                         static_cast<int>(random() % 61) - 30};
    if (factor.mantissa == 0) factor.mantissa = 1;
    Plain product = plain(text);
    multiply(product, factor.mantissa);
    product.point += factor.exponent;
    ASSERT_TRUE(equal(parse_decimal_scaled(text, 9, factor), expected(product, 9)))
        << text << " * " << factor.mantissa << "e" << factor.exponent;
  }
}

// Results near the limit of int64, of factors near it: every digit of the product counts.
TEST(Decimal, LongNumbersTimesLongFactorsAreExact) {
  Random random(4);
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "1." + std::string(20 + random() % 40, '0');
    for (std::size_t at = 2; at < text.size(); ++at) text[at] = static_cast<char>('0' + random() % 10);
    const DecimalFactor factor{static_cast<std::int64_t>(random() >> 2), -9};
    Plain product = plain(text);
    multiply(product, factor.mantissa);
    product.point += factor.exponent;
    ASSERT_TRUE(equal(parse_decimal_scaled(text, 9, factor), expected(product, 9)))
        << text << " * " << factor.mantissa << "e" << factor.exponent;
  }
  // (2^62 + 1/2) / 2^62, and a little more: a tie that only the whole product shows.
  const std::string tie = "1.000000000000000000108420217248550443400745280086994171142578125";
  for (const char* more : {"", "1"}) {
    Plain product = plain(tie + more);
    multiply(product, std::int64_t{1} << 62);
    EXPECT_TRUE(equal(parse_decimal_scaled(tie + more, 0, {std::int64_t{1} << 62, 0}), expected(product, 0)));
  }
  EXPECT_EQ(parse_decimal_scaled(tie, 0, {std::int64_t{1} << 62, 0}).value, std::int64_t{1} << 62);
  EXPECT_EQ(parse_decimal_scaled(tie + "1", 0, {std::int64_t{1} << 62, 0}).value,
            (std::int64_t{1} << 62) + 1);
}

TEST(Decimal, PrintedNumbersReadBackTheSame) {
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    auto value = static_cast<std::int64_t>(random() >> (random() % 63));
    if (value == std::numeric_limits<std::int64_t>::min()) continue;  // no price, and nothing parses to it
    const int scale = static_cast<int>(random() % 19);
    std::string text;
    append_decimal(text, value, scale);
    ASSERT_TRUE(equal(parse_decimal(text, scale), {DecimalState::exact, value})) << text;
    ASSERT_TRUE(scale == 0 || text.find('.') == std::string::npos || text.back() != '0') << text;
  }
}

}  // namespace
}  // namespace tickerhouse::base

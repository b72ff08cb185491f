// Numbers are read exactly: compared with 128-bit arithmetic on the digits.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "base/decimal.h"
#include "base/int128.h"

namespace tickerhouse::base {
namespace {

struct Drawn {
  std::string text;
  Int128 digits = 0;  // with its sign; value = digits * 10^exponent
  int exponent = 0;
};

// -?digits(.digits)?(e±digits)?, up to 24 digits in all.
Drawn drawn_number() {
  Drawn drawn;
  const bool negative = *rc::gen::arbitrary<bool>();
  const auto whole = *rc::gen::inRange(1, 13);
  const auto fraction = *rc::gen::inRange(0, 12);
  for (int i = 0; i < whole + fraction; ++i) {
    const int digit = *rc::gen::inRange(i == 0 && whole > 1 ? 1 : 0, 10);
    if (i == whole) drawn.text.push_back('.');
    drawn.text.push_back(static_cast<char>('0' + digit));
    drawn.digits = drawn.digits * 10 + digit;
  }
  drawn.exponent = -fraction;
  if (*rc::gen::arbitrary<bool>()) {
    const int exponent = *rc::gen::inRange(-20, 8);
    drawn.text.append("e").append(std::to_string(exponent));
    drawn.exponent += exponent;
  }
  if (negative) {
    drawn.text.insert(0, "-");
    drawn.digits = -drawn.digits;
  }
  return drawn;
}

// digits * 10^(exponent + scale), half to even.
Decimal expected(const Drawn& drawn, int scale) {
  Int128 value = drawn.digits;
  DecimalState state = DecimalState::exact;
  int shift = drawn.exponent + scale;
  for (; shift > 0 && value != 0; --shift) {
    value *= 10;
    if (value > INT64_MAX || value < INT64_MIN) return {DecimalState::overflow, 0};
  }
  if (shift < 0) {
    Int128 divisor = 1;
    for (; shift < 0 && divisor < Int128{1} << 100U; ++shift) divisor *= 10;
    if (shift < 0) return {value == 0 ? DecimalState::exact : DecimalState::rounded, 0};
    const Int128 quotient = value / divisor;
    const Int128 rest = value % divisor;
    const Int128 twice = (rest < 0 ? -rest : rest) * 2;
    if (rest != 0) state = DecimalState::rounded;
    const bool away = twice > divisor || (twice == divisor && quotient % 2 != 0);
    value = quotient + (away ? (value < 0 ? -1 : 1) : 0);
  }
  if (value > INT64_MAX || value < INT64_MIN) return {DecimalState::overflow, 0};
  return {state, static_cast<std::int64_t>(value)};
}

RC_GTEST_PROP(DecimalProperties, AsExactArithmeticSays, ()) {
  const Drawn drawn = drawn_number();
  const int scale = *rc::gen::inRange(0, 19);
  RC_LOG() << drawn.text << " at scale " << scale;
  const Decimal got = parse_decimal(drawn.text, scale);
  const Decimal want = expected(drawn, scale);
  RC_ASSERT(is_json_number(drawn.text));
  RC_ASSERT(static_cast<int>(got.state) == static_cast<int>(want.state));
  RC_ASSERT(got.value == want.value);
}

RC_GTEST_PROP(DecimalProperties, OneMoreCharacterIsNoNumber, ()) {
  std::string text = drawn_number().text;
  text.push_back(*rc::gen::elementOf(std::string(" +-.eE,x\n")));
  RC_ASSERT(!is_json_number(text));
  RC_ASSERT(parse_decimal(text, 9).state == DecimalState::malformed);
}

}  // namespace
}  // namespace tickerhouse::base

// Text of a number -> scaled integer, exactly. The grammar is that of JSON numbers (RFC 8259 section 6);
// digits beyond the scale round half to even and are reported, so that a caller can count them.
#pragma once

#include <cstdint>
#include <string_view>

namespace tickerhouse::base {

enum class DecimalState { exact, rounded, malformed, overflow };

struct Decimal {
  DecimalState state = DecimalState::malformed;
  std::int64_t value = 0;  // text * 10^scale; 0 unless exact or rounded
};

bool is_json_number(std::string_view text);

// Any length of text, any exponent. scale: 0 to 18.
Decimal parse_decimal(std::string_view text, int scale);

// The same with digits beyond the scale cut away (toward zero), as times are; state rounded if a digit other
// than 0 was.
Decimal parse_decimal_cut(std::string_view text, int scale);

// parse_decimal of text * factor, where factor = mantissa * 10^exponent (a mapping such as Price*0.0001).
struct DecimalFactor {
  std::int64_t mantissa = 1;
  int exponent = 0;  // -30 to 30
};
Decimal parse_decimal_scaled(std::string_view text, int scale, DecimalFactor factor);

}  // namespace tickerhouse::base

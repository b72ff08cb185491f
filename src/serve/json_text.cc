#include "serve/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "formats/cells.h"

namespace tickerhouse::serve {

void JsonText::comma() {
  if (!out_.empty() && out_.back() != '{' && out_.back() != '[' && out_.back() != ':') out_.push_back(',');
}

JsonText& JsonText::begin(char bracket) {
  comma();
  out_.push_back(bracket);
  return *this;
}

JsonText& JsonText::end(char bracket) {
  out_.push_back(bracket);
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  comma();
  out_.append("\"").append(name).append("\":");
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  comma();
  formats::append_json_string(out_, value);
  return *this;
}

JsonText& JsonText::number(std::uint64_t value) {
  comma();
  out_.append(std::to_string(value));
  return *this;
}

JsonText& JsonText::number_or_null(const std::optional<std::int64_t>& value) {
  return value ? number(static_cast<std::uint64_t>(*value)) : null();
}

JsonText& JsonText::ids(const std::vector<int>& values) {
  begin('[');
  for (const int value : values) number(static_cast<std::uint64_t>(value));
  return end(']');
}

JsonText& JsonText::real(double value) {
  if (!std::isfinite(value)) return null();
  comma();
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
  return *this;
}

JsonText& JsonText::decimal(base::Int128 value, int scale) {
  comma();
  base::append_decimal(out_, value, scale);
  return *this;
}

JsonText& JsonText::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonText& JsonText::time(base::TsNanos ts) {
  comma();
  formats::append_json_time(out_, ts);
  return *this;
}

JsonText& JsonText::null() { return raw("null"); }

JsonText& JsonText::raw(std::string_view json) {
  comma();
  if (json.ends_with('\n')) json.remove_suffix(1);
  out_.append(json);
  return *this;
}

}  // namespace tickerhouse::serve

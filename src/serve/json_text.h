// Writes JSON text straight into a string, commas by itself: numbers come from exact decimals, which a tree
// of doubles would lose.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"
#include "base/time.h"

namespace tickerhouse::serve {

// What was written last says whether a comma is due, so a JsonText may go on where another one stopped.
class JsonText {
 public:
  explicit JsonText(std::string& out) : out_(out) {}

  JsonText& begin(char bracket);         // '{' or '['
  JsonText& end(char bracket);           // '}' or ']'
  JsonText& key(std::string_view name);  // of our own: nothing is escaped
  JsonText& text(std::string_view value);
  JsonText& number(std::uint64_t value);
  JsonText& number_or_null(const std::optional<std::int64_t>& value);
  JsonText& ids(const std::vector<int>& values);  // an array
  JsonText& real(double value);                   // null if it is no finite number
  JsonText& decimal(base::Int128 value, int scale);
  JsonText& boolean(bool value);
  JsonText& time(base::TsNanos ts);  // kNoTime is null
  JsonText& null();
  JsonText& raw(std::string_view json);  // one value that is JSON already; a LF at its end is left out

 private:
  void comma();
  std::string& out_;
};

}  // namespace tickerhouse::serve

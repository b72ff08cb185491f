#include "formats/cells.h"

#include <algorithm>

namespace tickerhouse::formats {
namespace {

// The inside of a JSON string.
void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  static constexpr std::string_view kShort = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kShortNames = "\"\\bfnrt";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (const std::size_t at = kShort.find(c); at != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(kShortNames[at]);
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kHex[byte >> 4U]);
      out.push_back(kHex[byte & 15U]);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

void append_csv_cell(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out.append(text);
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  append_escaped(out, text);
  out.push_back('"');
}

void append_json_time(std::string& out, base::TsNanos ts) {
  if (ts == base::kNoTime) {
    out.append("null");
    return;
  }
  out.push_back('"');
  base::append_iso_time(out, ts);
  out.push_back('"');
}

void escape_json_from(std::string& out, std::size_t begin) {
  const auto special = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; };
  const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
  if (std::none_of(first, out.end(), special)) return;
  const std::string text(first, out.end());
  out.resize(begin);
  append_escaped(out, text);
}

}  // namespace tickerhouse::formats

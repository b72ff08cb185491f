#include "formats/reject_output.h"

#include <algorithm>

#include "formats/cells.h"

namespace tickerhouse::formats {
namespace {

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= count ? kDigits[word >> (18 - 6 * k) & 63U] : '=');
  }
}

}  // namespace

std::string reject_reason(const market::RejectRow& row) {
  std::string text = market::reason_name(row.reason);
  if (row.reason == market::RejectReason::line_too_long)
    text.append(":").append(std::to_string(row.raw_length)).append(":").append(base::to_hex(row.raw_hash));
  return text;
}

std::string reject_position(const market::RejectRow& row) {
  std::string text = std::to_string(row.line);
  if (row.item != 0) text.append("#").append(std::to_string(row.item - 1));
  return text;
}

std::string_view reject_csv_header() { return "reason,source,position,ts_recv,raw_base64\n"; }

void append_reject_csv(std::string& out, const market::RejectRow& row, std::string_view source,
                       std::string_view raw) {
  out.append(reject_reason(row)).push_back(',');
  append_csv_cell(out, source);
  out.append(",").append(reject_position(row)).push_back(',');
  if (row.ts_recv != base::kNoTime) base::append_iso_time(out, row.ts_recv);
  out.push_back(',');
  append_base64(out, raw);
  out.push_back('\n');
}

void append_reject_json(std::string& out, const market::RejectRow& row, std::string_view source,
                        std::string_view raw) {
  out.append("{\"reason\":\"").append(reject_reason(row)).append("\",\"source\":");
  append_json_string(out, source);
  out.append(",\"position\":\"").append(reject_position(row)).append("\",\"ts_recv\":");
  append_json_time(out, row.ts_recv);
  out.append(",\"raw_base64\":\"");
  append_base64(out, raw);
  out.append("\"}\n");
}

}  // namespace tickerhouse::formats

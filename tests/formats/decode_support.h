// One line through a decoder, and what came of it in words.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "formats/mapping.h"
#include "formats/output.h"

namespace tickerhouse::formats {

// "" if it is a blank line, "skipped", the reason of a reject, or the event as JSON; records of one line are
// joined by a space.
inline std::string decoded(LineDecoder& decoder, std::string_view line) {
  std::vector<Record> records;
  const LineState state = decoder.decode(line, records);
  if (state == LineState::blank) return "";
  if (state == LineState::skipped) return "skipped";
  std::string all;
  for (const Record& record : records) {
    if (!all.empty()) all.push_back(' ');
    if (record.item != 0) all.append("#").append(std::to_string(record.item)).append(":");
    if (record.fault) {
      all.append(market::reason_name(*record.fault));
      continue;
    }
    std::string text;
    if ((record.row.flags & market::kDayFields) != 0)
      text.assign(reinterpret_cast<const char*>(&record.day), sizeof record.day);
    text.append(record.long_id);
    append_event_json(all, record.row, {record.symbol, record.venue, {}, text});
    all.pop_back();
    if (record.rounded) all.append("~");
  }
  return all;
}

inline std::string json(std::string_view line) { return decoded(*make_json_decoder(Mapping()), line); }

inline Mapping mapping_of(const MappingText& text) {
  Mapping mapping;
  const auto problems = compile_mapping(text, mapping);
  CHECK(problems.empty());
  return mapping;
}

}  // namespace tickerhouse::formats

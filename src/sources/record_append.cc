#include "sources/record_append.h"

namespace tickerhouse::sources {

void append_record(const formats::Record& record, const Line& line, std::uint16_t file,
                   flow::SourceBatch& batch) {
  const flow::RecordOrigin origin{line.text, line.number, record.item, file};
  auto& events = batch.events;
  if (record.fault) {
    flow::RejectedRecord& reject = batch.rejects.emplace_back();
    reject.origin = origin;
    reject.reason = *record.fault;
    reject.events_before = static_cast<std::uint32_t>(events.rows.size());
    reject.raw_length = line.length;
    if (line.too_long) reject.raw_hash = line.hash;
    return;
  }
  const auto index = static_cast<std::uint32_t>(events.rows.size());
  events.rows.push_back(record.row);
  market::EventRow& row = events.rows.back();
  row.symbol = events.strings.intern(record.symbol);
  if (!record.venue.empty()) row.venue = events.strings.intern(record.venue);
  if ((row.flags & market::kDayFields) != 0) {
    std::string text(reinterpret_cast<const char*>(&record.day), sizeof record.day);
    text.append(record.long_id);
    events.add_text(index, text);
  } else if (!record.long_id.empty()) {
    events.add_text(index, record.long_id);
  }
  batch.origins.push_back(origin);
  if (record.rounded) ++batch.rounded;
}

}  // namespace tickerhouse::sources

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
  formats::append_event(record, events);
  batch.origins.push_back(origin);
  if (record.rounded) ++batch.rounded;
}

}  // namespace tickerhouse::sources

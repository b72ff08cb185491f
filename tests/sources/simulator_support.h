// Polling a source to its end, and what came out of it in a form that compares.
#pragma once

#include <string>
#include <vector>

#include "flow/source.h"

namespace tickerhouse::sources {

struct Seen {
  std::string what;      // the record, whole, as text
  std::string position;  // of the source after the poll that brought it
};

// One line for each record, in the order of the input.
inline void describe(const flow::SourceBatch& batch, std::vector<Seen>& out) {
  const auto reject = [&](const flow::RejectedRecord& record) {
    out.push_back({"reject " + std::string(market::reason_name(record.reason)) + " " +
                       batch.files.at(record.origin.file) + ":" + std::to_string(record.origin.line) + "#" +
                       std::to_string(record.origin.item) + " " + std::to_string(record.raw_length) + " " +
                       std::string(record.origin.raw),
                   batch.position});
  };
  std::size_t next = 0;
  for (std::size_t i = 0; i < batch.events.rows.size(); ++i) {
    for (; next < batch.rejects.size() && batch.rejects[next].events_before <= i; ++next)
      reject(batch.rejects[next]);
    const market::EventRow& row = batch.events.rows[i];
    out.push_back(
        {"event " + std::string(batch.events.strings.at(row.symbol)) + " ts=" + std::to_string(row.ts_event) +
             " recv=" + std::to_string(row.ts_recv) + " seq=" + std::to_string(row.seq) + " price=" +
             std::to_string(row.trade.price.units) + " size=" + std::to_string(row.trade.size.units) +
             " id=" + std::string(market::trade_id(row, batch.events.text(static_cast<std::uint32_t>(i)))) +
             " flags=" + std::to_string(row.flags) + " " + batch.files.at(batch.origins[i].file) + ":" +
             std::to_string(batch.origins[i].line) + "#" + std::to_string(batch.origins[i].item),
         batch.position});
  }
  for (; next < batch.rejects.size(); ++next) reject(batch.rejects[next]);
}

// Until it is finished, cut off or has nothing more now.
inline flow::PollState drain(flow::Source& source, std::size_t records_max, std::vector<Seen>& out) {
  flow::SourceBatch batch;
  for (;;) {
    batch.clear();
    auto state = source.poll(records_max, batch);
    CHECK(state.ok());
    describe(batch, out);
    if (*state != flow::PollState::more) return *state;
  }
}

struct Outcome {
  std::vector<Seen> records;  // with the position after each
  std::string name;
  std::string end;  // the last position
  flow::PollState state = flow::PollState::more;
  std::uint64_t skipped = 0;
};

// To the end, or as long as there is more, `step` records at a time.
inline Outcome run(flow::Source& source, std::size_t step) {
  Outcome all;
  all.name = source.info().name;
  flow::SourceBatch batch;
  while (all.state == flow::PollState::more) {
    batch.clear();
    const auto state = source.poll(step, batch);
    CHECK(state.ok());
    all.state = *state;
    describe(batch, all.records);
    all.skipped += batch.skipped;
    if (!batch.position.empty()) all.end = batch.position;
  }
  return all;
}

inline std::vector<std::string> texts(const std::vector<Seen>& seen) {
  std::vector<std::string> all;
  all.reserve(seen.size());
  for (const Seen& one : seen) all.push_back(one.what);
  return all;
}

inline std::vector<std::string> texts_from(const std::vector<Seen>& seen, std::size_t first) {
  const std::vector<std::string> all = texts(seen);
  return {all.begin() + static_cast<std::ptrdiff_t>(first), all.end()};
}

}  // namespace tickerhouse::sources

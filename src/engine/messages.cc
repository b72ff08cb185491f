#include "engine/messages.h"

#include <algorithm>

namespace tickerhouse::engine {

void MessageCounts::save(base::ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(rejects.size()));
  for (const std::uint64_t count : rejects) out.put(count);
  out.put(skipped);
  out.put(rounded);
  out.put(watermark);
}

void MessageCounts::load(base::ByteReader& in) {
  const auto reasons = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < reasons && in.ok(); ++i) {
    const auto count = in.get<std::uint64_t>();
    if (i < rejects.size()) rejects[i] = count;
  }
  skipped = in.get<std::uint64_t>();
  rounded = in.get<std::uint64_t>();
  watermark = in.get<base::TsNanos>();
}

void Messages::reject(const market::EventRow& row, std::string_view text, std::uint64_t offset,
                      ResultBatches<market::RejectRow>& to) {
  market::RejectRow reject = market::reject_of(row);
  ++counts_.rejects.at(static_cast<std::uint16_t>(reject.reason));
  market::BatchBuilder<market::RejectRow>& batch = to.open();
  reject.line = offset;
  reject.source = batch.strings.intern(place_);
  batch.add_text(static_cast<std::uint32_t>(batch.rows.size()), text);
  batch.rows.push_back(reject);
}

void Messages::add_symbol(std::string_view symbol, base::TsNanos ts,
                          ResultBatches<market::EventRow>& to) const {
  market::EventBatchBuilder& batch = to.open();
  market::EventRow added;
  added.kind = market::EventKind::status;
  added.control = {ts, ts, market::StatusCode::symbol_added, {}};
  added.ts_event = ts;
  added.symbol = batch.strings.intern(symbol);
  added.source = batch.strings.intern(place_);
  batch.rows.push_back(added);
}

}  // namespace tickerhouse::engine

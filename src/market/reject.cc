#include "market/reject.h"

#include "base/check.h"

namespace tickerhouse::market {

const char* reason_name(RejectReason reason) {
  static constexpr std::array<const char*, kRejectReasons> kNames = {"",
                                                                     "line_too_long",
                                                                     "bad_json",
                                                                     "repeated_key",
                                                                     "bad_csv",
                                                                     "unsupported_kind",
                                                                     "missing_symbol",
                                                                     "bad_symbol",
                                                                     "missing_price",
                                                                     "bad_price",
                                                                     "bad_size",
                                                                     "bad_time",
                                                                     "missing_time",
                                                                     "bad_field",
                                                                     "unknown_symbol",
                                                                     "future_time",
                                                                     "bad_avro"};
  const auto index = static_cast<std::uint16_t>(reason);
  CHECK(index > 0 && index < kRejectReasons);
  return kNames.at(index);
}

EventRow rejected_row(const RejectRow& reject) {
  EventRow row;
  row.kind = EventKind::status;
  row.ts_event = base::kNoTime;
  row.ts_recv = reject.ts_recv;
  row.control = {static_cast<std::int64_t>(reject.raw_length),
                 static_cast<std::int64_t>(reject.raw_hash.low),
                 StatusCode::rejected,
                 {static_cast<std::uint32_t>(reject.reason), 0, 0}};
  row.seq = static_cast<std::int64_t>(reject.raw_hash.high);
  return row;
}

RejectRow reject_of(const EventRow& row) {
  RejectRow reject;
  reject.ts_recv = row.ts_recv;
  reject.raw_length = static_cast<std::uint64_t>(row.control.low);
  reject.raw_hash.low = static_cast<std::uint64_t>(row.control.high);
  reject.raw_hash.high = static_cast<std::uint64_t>(row.seq);
  reject.reason = static_cast<RejectReason>(row.control.unused[0]);
  return reject;
}

}  // namespace tickerhouse::market

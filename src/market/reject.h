// A record that did not become an event, with the bytes it came in.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "base/hash.h"
#include "base/time.h"
#include "market/event.h"

namespace tickerhouse::market {

// Names and order of the checks: docs/semantics.md 1.7. Stored as numbers: append only.
enum class RejectReason : std::uint16_t {
  line_too_long = 1,
  bad_json,
  repeated_key,
  bad_csv,
  unsupported_kind,
  missing_symbol,
  bad_symbol,
  missing_price,
  bad_price,
  bad_size,
  bad_time,
  missing_time,
  bad_field,
  unknown_symbol,
  future_time,
  bad_avro,
};
inline constexpr std::uint16_t kRejectReasons = 17;  // one more than the last

const char* reason_name(RejectReason reason);

inline constexpr std::uint64_t kRejectBytesMax =
    4ULL << 20U;  // of a longer line this much is kept, with length and hash

// Its raw bytes are the text of the row (market/batch.h).
struct RejectRow {
  base::TsNanos ts_recv = base::kNoTime;
  std::uint64_t line = 0;        // 1-based, in the decompressed input
  std::uint64_t raw_length = 0;  // of the whole line
  base::Hash128 raw_hash;        // of the whole line, if it was longer than kRejectBytesMax; else 0
  std::uint32_t item = 0;        // index + 1 within a line that carries several records; 0 = the line itself
  std::uint16_t source = 0xFFFF;
  RejectReason reason = RejectReason::bad_json;
  std::array<std::uint64_t, 2> unused{};
};
static_assert(sizeof(RejectRow) == 64 && std::is_trivially_copyable_v<RejectRow>);

// The status row of a message that is no event, and back; line, item and source are where the message stood.
EventRow rejected_row(const RejectRow& reject);
RejectRow reject_of(const EventRow& row);

}  // namespace tickerhouse::market

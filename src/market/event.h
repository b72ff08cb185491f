// One event is one row of 64 bytes, the same in memory and on the tape (docs/formats/batch.md). Symbol, venue
// and source are indices into the string table of the batch that holds the row.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "base/time.h"
#include "market/price.h"

namespace tickerhouse::market {

enum class EventKind : std::uint8_t { trade = 1, quote, snapshot, cancel, correction, status, watermark };

// Bits of EventRow::flags.
inline constexpr std::uint8_t kIdText = 1;       // the id is 1 to 16 bytes, zero-padded
inline constexpr std::uint8_t kIdHashed = 2;     // the id is a 128-bit hash; its text stands in the batch
inline constexpr std::uint8_t kSizeUnknown = 4;  // Trade::size means nothing
inline constexpr std::uint8_t kVolumeCumulative = 8;  // snapshot: size is the volume of the day so far
inline constexpr std::uint8_t kBidSizeUnknown = 4;    // of a quote, which has no size of its own
inline constexpr std::uint8_t kAskSizeUnknown = 8;
inline constexpr std::uint8_t kDayFields = 16;  // snapshot: the text of the row begins with a DayFields
inline constexpr std::uint8_t kDecidedByClock =
    32;                                       // watermark: written by the idle rule or at a session's end
inline constexpr std::uint8_t kRounded = 64;  // read from a topic of others: digits beyond the scale are gone

inline constexpr std::uint16_t kNoString = 0xFFFF;
inline constexpr std::int64_t kNoSeq = -1;

enum class StatusCode : std::uint32_t {
  finished = 1,  // end of a finite input; Control::low = its greatest ts_event
  started,       // a live source began at ts_event
  stopped,       // a live source ended or was cut off at ts_event
  gap,           // events are missing from Control::low to Control::high
  symbol_added,  // topic symbols: the row's source brings the row's symbol from now on
  // Where a topic of others is `events`, each of its messages has a row. One that is
  rejected,  // no event (rejected_row() of market/reject.h; the text of the row is its bytes)
  skipped,   // empty, or left out by a condition of its mapping
};

struct Trade {  // a snapshot too: size is its volume
  Price price;
  Size size;
  std::array<char, 16> id;
};
struct Quote {  // a side that is not there has price 0
  Price bid;
  Price ask;
  Size bid_size;
  Size ask_size;
};
struct Control {  // status and watermark rows
  base::TsNanos low;
  base::TsNanos high;
  StatusCode code;
  std::array<std::uint32_t, 3> unused;
};

struct EventRow {
  EventRow() : trade{} {}  // a union of types with initialisers has no default constructor of its own

  base::TsNanos ts_event = 0;
  base::TsNanos ts_recv = base::kNoTime;
  std::int64_t seq = kNoSeq;
  std::uint16_t symbol = kNoString;
  std::uint16_t venue = kNoString;
  std::uint16_t source = kNoString;
  EventKind kind = EventKind::trade;
  std::uint8_t flags = 0;
  union {
    Trade trade;
    Quote quote;
    Control control;
  };
};
static_assert(sizeof(EventRow) == 64 && std::is_trivially_copyable_v<EventRow>);

// What vendors give of the day beside a snapshot's price; units 0 = not given.
struct DayFields {
  Price open;
  Price high;
  Price low;
  Price prev_close;
};
static_assert(sizeof(DayFields) == 32);

// Fills id and flags: up to 16 bytes without NUL inline, everything else as a hash. Returns true if the text
// has to be kept beside the row.
bool set_trade_id(EventRow& row, std::string_view id);
// The id's bytes: inline ones, or `text` (what stands beside the row, without day fields); empty if the event
// has none.
std::string_view trade_id(const EventRow& row, std::string_view text);

inline bool carries_market_data(EventKind kind) {
  return kind == EventKind::trade || kind == EventKind::quote || kind == EventKind::snapshot;
}

}  // namespace tickerhouse::market

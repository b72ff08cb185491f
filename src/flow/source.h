// Where events come from. A source turns a feed into events and rejects; it never touches the tape and knows
// no other stage. It is called from one thread. What it hands out depends on its input and the position it
// was restored to, never on how it is polled.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "market/batch_builder.h"

namespace tickerhouse::flow {

enum class Origin : std::uint8_t { live = 1, recorded, simulated };
const char* origin_name(Origin origin);

struct SourceInfo {
  std::string name;  // 1 to 200 bytes of UTF-8; unique in a data directory; written into every event
  Origin origin = Origin::recorded;
  bool live = false;  // the wall clock may decide that it is idle; else the input is finite or followed
  bool being_written = false;  // so its records may be younger than its first start: see the future guard
};

// Where a record stood. `raw` is valid until the next poll().
struct RecordOrigin {
  std::string_view
      raw;  // the line without its end; of a very long one the first market::kRejectBytesMax bytes
  std::uint64_t line = 0;  // 1-based
  std::uint32_t item = 0;  // index + 1 within a line that carries several records, else 0
  std::uint16_t file = 0;  // index into SourceBatch::files
};

struct RejectedRecord {
  RecordOrigin origin;
  market::RejectReason reason = market::RejectReason::bad_json;
  std::uint32_t events_before = 0;  // in the batch: keeps the order of the input between events and rejects
  base::TsNanos ts_recv = base::kNoTime;
  std::uint64_t raw_length = 0;  // of the whole line
  base::Hash128 raw_hash;        // set for line_too_long
};

// Records of an input that were deleted before they were read, and that an operator has given up: [from, to)
// in its own positions, which may count more than records.
struct LostRecords {
  std::uint16_t file = 0;  // index into SourceBatch::files
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

// Reused from poll to poll; after warm-up it allocates nothing.
struct SourceBatch {
  market::EventBatchBuilder
      events;  // in the order of the input; symbol, venue index events.strings; source is not set
  std::vector<RecordOrigin> origins;  // of each event
  std::vector<RejectedRecord> rejects;
  std::vector<LostRecords> lost;   // before the first of these
  std::vector<std::string> files;  // display names for rejects; constant during a run
  std::string position;            // the source's position after this batch; what restore() takes
  std::uint64_t skipped = 0;       // lines a `where` filter excluded
  std::uint64_t rounded = 0;       // records with digits beyond the scale

  [[nodiscard]] std::size_t records() const { return origins.size() + rejects.size(); }

  void clear() {
    events.clear();
    origins.clear();
    rejects.clear();
    lost.clear();
    position.clear();
    skipped = rounded = 0;
  }
};

enum class PollState {
  more,      // call again
  idle,      // nothing there now: a live feed, or a followed file at its end
  finished,  // the end of a finite input; the batch may hold its last records
  cut_off,   // compressed input ended early: what was readable has been handed out, the rest may come another
             // time
};

inline constexpr std::size_t kPollRecordsMax =
    16'384;  // so that three strings each fit a batch's string table

class Source {
 public:
  virtual ~Source() = default;
  [[nodiscard]] virtual const SourceInfo& info() const = 0;
  // Goes on after `position`, as it came out of a batch. Not called for a source that starts at its
  // beginning.
  virtual base::Status restore(std::string_view position) = 0;
  // Appends at most records_max (1 to kPollRecordsMax) records to a cleared batch. Never waits longer than
  // 100 ms.
  virtual base::Result<PollState> poll(std::size_t records_max, SourceBatch& batch) = 0;
};

}  // namespace tickerhouse::flow

// What a shard computes beside its verdicts: bars, later indicators and alerts. An operator is pure: it is
// given events and event time and writes results; same calls, same results, whatever the size of the batches.
// It is owned by one shard and called from its thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "market/batch.h"

namespace tickerhouse::flow {

using SymbolId = std::uint32_t;  // dense, in order of first appearance in the shard
using SourceId = std::uint32_t;  // likewise

enum class Verdict : std::uint8_t { control, used, late_revised, late_kept, duplicate };

// Event time as each symbol of the shard sees it. Symbols that hear the same sources share a lane.
struct EventTime {
  std::span<const std::uint32_t> lane_of;         // by SymbolId
  std::span<const base::TsNanos> lane_watermark;  // by lane; kNoTime = none yet
  std::span<const base::TsNanos> floor_of;        // by SymbolId; what it had reached in an earlier lane
  [[nodiscard]] base::TsNanos of(SymbolId symbol) const {
    const base::TsNanos lane = lane_watermark[lane_of[symbol]];
    const base::TsNanos floor = floor_of[symbol];
    return lane > floor ? lane : floor;
  }
};

// Consecutive events of one batch between two marks.
struct Segment {
  const market::EventBatchView& batch;
  std::size_t first = 0;
  std::size_t last = 0;               // one past the end
  std::uint64_t first_order = 0;      // arrival order of row `first`: the last tie-break of open and close
  std::span<const Verdict> verdicts;  // by row of the batch
  std::span<const SymbolId> symbols;  // by row of the batch; meaningless for control rows
  const EventTime& time;
};

// The watermark of a lane has moved, or its last source has finished.
struct Mark {
  std::uint32_t lane = 0;
  base::TsNanos watermark = base::kNoTime;
  bool finished = false;              // everything of these symbols closes and settles
  std::span<const SymbolId> symbols;  // of the lane
  std::span<const SourceId> sources;  // of the lane
  const EventTime& time;
};

// Events of a source are missing, or a live one began or ended: its windows with low < window_end and high >=
// window_start that have not closed yet carry `quality`.
struct Flaw {
  SourceId source = 0;
  base::TsNanos low = 0;
  base::TsNanos high = 0;
  std::uint16_t quality = 0;
};

// Takes results in any order; the shard orders those of one mark and numbers them.
class ResultWriter {
 public:
  virtual ~ResultWriter() = default;
  virtual void bar(SymbolId symbol,
                   const market::BarRow& row) = 0;  // a revision; row.symbol is filled in here
  virtual void settled(SymbolId symbol, const market::BarRow& row) = 0;  // its last word
};

// A window that is still open, as it stands now (state provisional; row.symbol means nothing).
struct FormingBar {
  std::string symbol;
  market::BarRow row;
};

class FormingWriter {
 public:
  virtual ~FormingWriter() = default;
  virtual void forming(SymbolId symbol, const market::BarRow& row) = 0;
};

class Operator {
 public:
  virtual ~Operator() = default;
  virtual void apply(const Segment& segment) = 0;
  virtual void flaw(const Flaw& flaw) = 0;
  virtual void advance(const Mark& mark, ResultWriter& out) = 0;
  // Windows still open that have changed since the last call. Changes no result and is no part of the state.
  virtual void forming(FormingWriter& out) = 0;
  virtual void save(std::string& out) const = 0;
  virtual base::Status load(std::string_view in) = 0;
};

}  // namespace tickerhouse::flow

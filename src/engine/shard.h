// The engine for one partition: step(batch) -> results. It gives each event its verdict, keeps event time,
// counts the ledger and lets its operators compute. Pure: no clock, no I/O, no threads; the same rows give
// the same results for any size of batches.
//
//   event ──► lane ──► late for good? ── yes ─► late
//                        │ no
//                        ▼
//                      id seen? ─────── yes ─► counted as duplicate
//                        │ no
//                        ▼
//                      operators (bars, ...) ──── at each watermark ─► bars, settled
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/messages.h"
#include "engine/range_set.h"
#include "engine/result_batches.h"
#include "engine/seen_ids.h"
#include "engine/settings.h"
#include "engine/timeline.h"
#include "flow/operator.h"
#include "flow/status.h"
#include "market/batch_builder.h"

namespace tickerhouse::engine {

// Cleared and filled by each step; reused.
struct ShardResults {
  ResultBatches<market::BarRow> bars;
  ResultBatches<market::BarRow> settled;
  ResultBatches<market::EventRow> late;
  // Of messages of others (engine/messages.h).
  ResultBatches<market::RejectRow> rejects;
  std::uint64_t rejected_bytes = 0;
  ResultBatches<market::EventRow> symbols;
  std::vector<flow::Verdict> verdicts;  // of the rows stepped, by row of the batch
  void clear() {
    bars.clear();
    settled.clear();
    late.clear();
    rejects.clear();
    rejected_bytes = 0;
    symbols.clear();
    verdicts.clear();
  }
};

struct ShardCounts {
  flow::Ledger ledger;  // of events that came through ingest: rejected stays 0
  std::uint64_t id_reused = 0;
};

class Shard {
 public:
  // place: of messages of others (engine/messages.h), else empty. Of such the shard also puts the watermarks,
  // as ingest does: before each event that takes it past a multiple of 250 ms.
  Shard(const Settings& settings, std::vector<std::unique_ptr<flow::Operator>> operators,
        std::string place = {});

  // Steps rows [first, last) of the batch; first_order is the arrival order of row `first`. Results are added
  // to `results`.
  void step(const market::EventBatchView& batch, std::size_t first, std::size_t last,
            std::uint64_t first_order, ShardResults& results);
  // Rows are missing between the last one and the next (docs/semantics.md 3.5): bars that close from now on
  // and may lack an event are marked.
  void lose();
  [[nodiscard]] const ShardCounts& counts() const { return counts_; }
  [[nodiscard]] const MessageCounts& messages() const { return messages_.counts(); }
  // Adds the windows still open that have changed since the last call. Changes no result.
  void forming(std::vector<flow::FormingBar>& bars);

  void save(std::string& out) const;
  base::Status load(std::string_view in);  // damaged: the shard is unusable

 private:
  class Writer;
  void map_strings(const market::EventBatchView& batch);
  flow::SymbolId symbol_of(const market::EventBatchView& batch, const market::EventRow& row,
                           ShardResults& results);
  flow::SourceId source_of(const market::EventBatchView& batch, const market::EventRow& row);
  flow::Verdict judge(const market::EventRow& row, flow::SymbolId symbol, const base::Hash128& id);
  base::Hash128 identity(const market::EventBatchView& batch, const market::EventRow& row) const;
  void keep_late(const market::EventBatchView& batch, std::size_t row, ShardResults& results) const;
  // offset: of the row, where it is a message.
  void control(const market::EventBatchView& batch, std::size_t row, std::uint64_t offset,
               ShardResults& results);
  void move_on(flow::SourceId source, base::TsNanos watermark, ShardResults& results);
  void mark_lanes(flow::SourceId source, ShardResults& results);
  void save_lost(base::ByteWriter& writer) const;
  void load_lost(base::ByteReader& in);
  void mark_lost(flow::SourceId source, base::TsNanos reached);
  struct Result {
    flow::SymbolId symbol;
    market::BarRow row;
  };
  void write(std::vector<Result>& found, ResultBatches<market::BarRow>& to) const;
  void count(flow::Verdict verdict);

  base::DurationNanos pane_;
  base::DurationNanos bound_;
  base::DurationNanos lateness_;
  std::vector<base::DurationNanos> intervals_;
  std::vector<std::unique_ptr<flow::Operator>> operators_;
  Messages messages_;
  Timeline timeline_;
  SeenIds seen_;
  std::vector<RangeSet> settled_;  // by symbol: windows that have had their last word
  ShardCounts counts_;
  // Since rows were lost: sources that have had no watermark yet, with the one before; and until the first
  // one comes, those that come new belong to them.
  std::map<flow::SourceId, base::TsNanos> lost_;
  bool new_are_lost_ = false;
  // Scratch of the batch being stepped.
  struct StringUse {
    std::uint64_t hash = 0;
    flow::SymbolId symbol = 0;
    flow::SourceId source = 0;
    bool is_symbol = false;
    bool is_source = false;
  };
  std::vector<StringUse> strings_;
  std::vector<flow::SymbolId> row_symbols_;
  std::vector<Result> bars_;  // of the watermark in hand
  std::vector<Result> closed_;
  base::TsNanos pane_start_ = 0;  // of the last event judged: most events share it
};

}  // namespace tickerhouse::engine

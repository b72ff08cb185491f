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
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/range_set.h"
#include "engine/seen_ids.h"
#include "engine/settings.h"
#include "engine/timeline.h"
#include "flow/operator.h"
#include "flow/status.h"
#include "market/batch_builder.h"

namespace tickerhouse::engine {

// Rows of one topic, in as many batches as they need: one watermark may close more windows than a batch
// holds.
template <typename Row>
class ResultBatches {
 public:
  market::BatchBuilder<Row>& open() {  // the batch of the next row
    if (used_ == 0 || batches_[used_ - 1].rows.size() == market::kBatchRowsMax)
      if (++used_ > batches_.size()) batches_.emplace_back();
    return batches_[used_ - 1];
  }
  [[nodiscard]] std::span<const market::BatchBuilder<Row>> batches() const {
    return {batches_.data(), used_};
  }
  void clear() {
    for (; used_ > 0; --used_) batches_[used_ - 1].clear();
  }

 private:
  std::vector<market::BatchBuilder<Row>> batches_;
  std::size_t used_ = 0;
};

// Cleared and filled by each step; reused.
struct ShardResults {
  ResultBatches<market::BarRow> bars;
  ResultBatches<market::BarRow> settled;
  ResultBatches<market::EventRow> late;
  std::vector<flow::Verdict> verdicts;  // of the rows stepped, by row of the batch
  void clear() {
    bars.clear();
    settled.clear();
    late.clear();
    verdicts.clear();
  }
};

struct ShardCounts {
  flow::Ledger ledger;  // events only: rejected stays 0
  std::uint64_t id_reused = 0;
};

class Shard {
 public:
  Shard(const Settings& settings, std::vector<std::unique_ptr<flow::Operator>> operators);

  // Steps rows [first, last) of the batch; first_order is the arrival order of row `first`. Results are added
  // to `results`.
  void step(const market::EventBatchView& batch, std::size_t first, std::size_t last,
            std::uint64_t first_order, ShardResults& results);
  // Rows are missing between the last one and the next (docs/semantics.md 3.5): bars that close from now on
  // and may lack an event are marked.
  void lose();
  [[nodiscard]] const ShardCounts& counts() const { return counts_; }
  // Adds the windows still open that have changed since the last call. Changes no result.
  void forming(std::vector<flow::FormingBar>& bars);

  void save(std::string& out) const;
  base::Status load(std::string_view in);  // damaged: the shard is unusable

 private:
  class Writer;
  void map_strings(const market::EventBatchView& batch);
  flow::SymbolId symbol_of(const market::EventBatchView& batch, const market::EventRow& row);
  flow::SourceId source_of(const market::EventBatchView& batch, const market::EventRow& row);
  flow::Verdict judge(const market::EventRow& row, flow::SymbolId symbol, const base::Hash128& id);
  base::Hash128 identity(const market::EventBatchView& batch, const market::EventRow& row) const;
  void keep_late(const market::EventBatchView& batch, std::size_t row, ShardResults& results) const;
  void control(const market::EventBatchView& batch, const market::EventRow& row, ShardResults& results);
  void mark_lanes(flow::SourceId source, ShardResults& results);
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

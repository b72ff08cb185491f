// Runs the tape again through the engine: to prove that it gives the results that are there (verify), or to
// see what became of each event (exports).
#pragma once

#include <cstdint>
#include <functional>

#include "engine/shard.h"
#include "runtime/shard_host.h"

namespace tickerhouse::runtime {

struct ReplayCheckReport {
  std::uint64_t events = 0;  // rows of the topic events, control rows included
  ResultSequences results{};
};

using MakeOperators = std::function<std::vector<std::unique_ptr<flow::Operator>>(const engine::Settings&)>;

// Steps partition `partition` from the beginning up to what its shard has committed and compares every result
// row by bytes; `check_failed` names the first difference. on_rows hears of progress.
base::Result<ReplayCheckReport> check_replay(flow::Tape& tape, const engine::Settings& settings,
                                             std::uint16_t partition, const MakeOperators& make_operators,
                                             const std::function<void(std::uint64_t rows)>& on_rows);

// Calls `visit` for each event of the partition that its shard has stepped, in order, with its verdict.
using VisitEvent = std::function<void(const market::EventBatchView& batch, std::size_t row,
                                      std::uint64_t offset, flow::Verdict verdict)>;
base::Status visit_events(flow::Tape& tape, const engine::Settings& settings, std::uint16_t partition,
                          const MakeOperators& make_operators, const VisitEvent& visit);

}  // namespace tickerhouse::runtime

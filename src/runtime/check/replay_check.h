// Runs the tape again through the engine: to prove that it gives the results that are there (verify), or to
// see what became of each event (exports).
#pragma once

#include <cstdint>
#include <functional>

#include "engine/shard.h"
#include "runtime/checkpoint.h"
#include "runtime/shard_host.h"

namespace tickerhouse::runtime {

struct ReplayCheckReport {
  std::uint64_t events = 0;  // rows of the topic events, control rows included
  flow::Offset from;         // where it began
  ResultSequences results{};
};

using MakeOperators = std::function<std::vector<std::unique_ptr<flow::Operator>>(const engine::Settings&)>;

struct ReplayOf {
  const engine::Settings& settings;
  std::uint16_t partition = 0;
  MakeOperators make_operators;
  std::optional<Checkpoint> base = {};  // where to begin (replay_base); none: at the beginning of the tape
};

// Steps one partition from its base up to what its shard has committed and compares every result
// row by bytes; `check_failed` names the first difference. on_rows hears of progress.
base::Result<ReplayCheckReport> check_replay(flow::Tape& tape, const ReplayOf& of,
                                             const std::function<void(std::uint64_t rows)>& on_rows);

// Calls `visit` for each event of the partition that its shard has stepped, in order, with its verdict.
using VisitEvent = std::function<void(const market::EventBatchView& batch, std::size_t row,
                                      std::uint64_t offset, flow::Verdict verdict)>;
base::Status visit_events(flow::Tape& tape, const ReplayOf& of, const VisitEvent& visit);

}  // namespace tickerhouse::runtime

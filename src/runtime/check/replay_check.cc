#include "runtime/check/replay_check.h"

#include <algorithm>

#include "runtime/check/result_check.h"
#include "runtime/check/symbol_places.h"

namespace tickerhouse::runtime {
namespace {

using OnBatch =
    std::function<base::Status(const market::EventBatchView& view, std::size_t first, std::size_t last,
                               flow::Offset offset, const engine::ShardResults& results)>;

struct Range {
  flow::Offset from;
  flow::Offset until;
};

base::Status replay(flow::Tape& tape, std::uint16_t partition, Range range, engine::Shard& shard,
                    const OnBatch& on_batch) {
  ASSIGN_OR_RETURN(const auto reader, tape.read(flow::Topic::events, partition, range.from));
  engine::ShardResults results;
  flow::TapeBatch batch;
  flow::Offset at = range.from;
  while (at < range.until) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more)
      return base::Error{base::ErrorCode::damaged, "events end before the shard's position",
                         shard_writer(partition)};
    const market::EventBatchView view(batch.bytes);
    at = batch.first;
    if (at >= range.until) break;
    const std::size_t last =
        std::min<std::uint64_t>(view.rows().size(), batch.skip + (range.until.value - at.value));
    results.clear();
    shard.step(view, batch.skip, last, at.value, results);
    RETURN_IF_ERROR(on_batch(view, batch.skip, last, at, results));
    at = last == view.rows().size() ? batch.next : range.until;
  }
  return {};
}

base::Result<ShardProgress> progress_of(flow::Tape& tape, std::uint16_t partition) {
  ASSIGN_OR_RETURN(const std::string bytes, position_of(tape, shard_writer(partition)));
  return ShardProgress::decode(bytes);
}

// As it stood at the base.
base::Result<ShardProgress> load_base(engine::Shard& shard, const ReplayOf& of) {
  if (!of.base) return ShardProgress{};
  RETURN_IF_ERROR(shard.load(of.base->state));
  return of.base->progress;
}

}  // namespace

base::Result<ReplayCheckReport> check_replay(flow::Tape& tape, const ReplayOf& of,
                                             const std::function<void(std::uint64_t)>& on_rows) {
  ASSIGN_OR_RETURN(const ShardProgress durable, progress_of(tape, of.partition));
  engine::Shard shard(of.settings, of.make_operators(of.settings), place_of_messages(tape, of.partition));
  ASSIGN_OR_RETURN(const ShardProgress base, load_base(shard, of));
  ASSIGN_OR_RETURN(ResultCheck check, ResultCheck::open(tape, of.partition, base.sequences));
  ReplayCheckReport report;
  report.from = base.next;
  RETURN_IF_ERROR(replay(tape, of.partition, {base.next, durable.next}, shard,
                         [&](const market::EventBatchView&, std::size_t first, std::size_t last, flow::Offset,
                             const engine::ShardResults& results) -> base::Status {
                           report.events += last - first;
                           if (on_rows) on_rows(last - first);
                           return check.expect(results);
                         }));
  report.results = check.sequences();
  const std::string where = std::string("partition ").append(std::to_string(of.partition));
  if (report.results != durable.sequences)
    return base::Error{base::ErrorCode::check_failed, "the tape counts other results than replay gives",
                       where};
  if (!(shard.counts().ledger == durable.counts.ledger))
    return base::Error{base::ErrorCode::check_failed, "the tape has another ledger than replay gives", where};
  return report;
}

base::Status visit_events(flow::Tape& tape, const ReplayOf& of, const VisitEvent& visit) {
  ASSIGN_OR_RETURN(const ShardProgress durable, progress_of(tape, of.partition));
  // A verdict depends on what has settled.
  engine::Shard shard(of.settings, of.make_operators(of.settings), place_of_messages(tape, of.partition));
  ASSIGN_OR_RETURN(const ShardProgress base, load_base(shard, of));
  return replay(tape, of.partition, {base.next, durable.next}, shard,
                [&](const market::EventBatchView& view, std::size_t first, std::size_t last, flow::Offset at,
                    const engine::ShardResults& results) -> base::Status {
                  for (std::size_t i = first; i < last; ++i)
                    if (results.verdicts[i] != flow::Verdict::control)
                      visit(view, i, at.value + (i - first), results.verdicts[i]);
                  return {};
                });
}

}  // namespace tickerhouse::runtime

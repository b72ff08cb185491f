#include "runtime/shard_stage.h"

#include <utility>

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kFormingEvery = 20 * base::kMillisecond;  // the server sends every 100 ms
// Of a group each commit is a transaction of a cluster, and bars wait for the one before theirs.
constexpr base::DurationNanos kHoldAtMost = 100 * base::kMillisecond;
// Of a shard that another process runs.
constexpr base::DurationNanos kLookEvery = 200 * base::kMillisecond;
constexpr base::DurationNanos kWatchPatience = 60 * base::kSecond;

}  // namespace

ShardStage::ShardStage(const StageContext& context, std::uint16_t partition)
    : context_(context),
      partition_(partition),
      retry_(context, std::string("shard/").append(std::to_string(partition))) {
  if (context.options.shards == Shards::others)
    watch_.emplace(Watch{{}, context.parts.clock.monotonic_now(), 0});
}

base::Status ShardStage::open() {
  if (watch_) return {};
  ShardHostOptions shard = context_.options.shard;
  shard.partition = partition_;
  std::vector<std::string> notes;
  ASSIGN_OR_RETURN(host_, ShardHost::open(shard, context_.parts.tape, context_.parts.checkpoints, notes));
  for (const std::string& text : notes) context_.note(text);
  if (context_.hooks.on_recovery) context_.hooks.on_recovery(partition_, host_->recovery());
  return {};
}

base::Result<Turn> ShardStage::turn() {
  if (done_) return Turn::done;
  if (retry_.waiting() && !context_.run.stopping()) return Turn::waiting;
  auto turned = watch_ ? watch(*watch_) : step();
  if (turned.ok()) {
    retry_.worked();
    return turned;
  }
  RETURN_IF_ERROR(failed(turned.error()));
  return Turn::waiting;
}

base::Status ShardStage::failed(const base::Error& error) {
  // What it has met, opening it again accepts.
  const bool gap = host_ != nullptr && error.code == base::ErrorCode::configuration;
  host_.reset();
  if (gap && context_.options.shard.accept_gap) return {};
  const Shards mode = context_.options.shards;
  const bool taken = error.code == base::ErrorCode::busy;
  if (taken && (mode == Shards::shared || mode == Shards::others)) {
    context_.note(std::string("another process runs shard ")
                      .append(std::to_string(partition_))
                      .append(" now; it is left to it"));
    watch_.emplace(Watch{{}, context_.parts.clock.monotonic_now(), 0});
    return {};
  }
  // A member of a group has the partition for as long as the group says so. One that stops leaves it to who
  // has taken it.
  const bool stopping = context_.run.stopping();
  if (taken && mode == Shards::group && stopping) {
    finish();
    return {};
  }
  const bool again = (error.code == base::ErrorCode::io || (taken && mode == Shards::group)) && !stopping;
  return retry_.failed(error, again ? context_.options.stage_patience : 0);
}

// Done once nothing waits that was there when ingest ended. If rows wait and nobody moves, it is ours.
base::Result<Turn> ShardStage::watch(Watch& seen) {
  if (context_.run.stopping()) return finish();
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  if (now < seen.due) return Turn::waiting;
  seen.due = now + kLookEvery;
  const bool last_words = context_.run.ingest_done;
  ASSIGN_OR_RETURN(const std::string position, position_of(context_.parts.tape, shard_writer(partition_)));
  ASSIGN_OR_RETURN(const ShardProgress progress, ShardProgress::decode(position));
  ASSIGN_OR_RETURN(const std::uint64_t left,
                   context_.parts.tape.rows_from(flow::Topic::events, partition_, progress.next));
  if (left == 0 && last_words) return finish();
  if (left == 0 || progress.next != seen.next) seen.moved_at = now;
  seen.next = progress.next;
  if (now - seen.moved_at < kWatchPatience) return Turn::waiting;
  context_.note(std::string("nobody runs shard ")
                    .append(std::to_string(partition_))
                    .append(", and rows wait for it: it is run here"));
  watch_.reset();
  return Turn::worked;
}

base::Status ShardStage::save_checkpoint() {
  return host_ == nullptr ? base::Status() : host_->save_checkpoint();
}

base::Result<Turn> ShardStage::step() {
  if (host_ == nullptr) RETURN_IF_ERROR(open());
  const bool last_words =
      context_.run.ingest_done;  // asked before the step: what ingest wrote last is then seen by it
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  const bool holds =
      context_.options.shards == Shards::group && !last_words && now - committed_at_ < kHoldAtMost;
  ASSIGN_OR_RETURN(const StepState state, host_->step(holds ? Commits::with_results : Commits::each_step));
  if (state == StepState::progressed) committed_at_ = now;
  publish_forming();
  const bool worked = state == StepState::progressed || state == StepState::held;
  if (worked && !context_.run.out_of_time()) return Turn::worked;
  if (state == StepState::blocked && context_.run.stopping()) return finish();
  bool ended = context_.run.out_of_time();
  if (state == StepState::idle && last_words && !ended) {
    // What was committed last may still be on its way to this reader.
    ASSIGN_OR_RETURN(const std::uint64_t left,
                     context_.parts.tape.rows_from(flow::Topic::events, partition_, host_->progress().next));
    ended = left == 0;
  }
  if (!ended) return Turn::waiting;
  RETURN_IF_ERROR(host_->save_checkpoint());
  return finish();
}

Turn ShardStage::finish() {
  done_ = true;
  --context_.run.shards_left;
  return Turn::done;
}

void ShardStage::publish_forming() {
  if (!context_.hooks.on_forming) return;
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  if (now - formed_at_ < kFormingEvery) return;
  forming_.clear();
  host_->forming(forming_);
  if (forming_.empty()) return;
  formed_at_ = now;
  context_.hooks.on_forming(partition_, forming_);
}

}  // namespace tickerhouse::runtime

#include "runtime/shard_host.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "runtime/checkpoint.h"
#include "runtime/result_check.h"

namespace tickerhouse::runtime {
namespace {

class ShardHostImpl final : public ShardHost {
 public:
  ShardHostImpl(const ShardHostOptions& options, flow::Tape& tape, base::Disk& disk)
      : options_(options), tape_(tape), writer_(shard_writer(options.partition)) {
    if (!options.checkpoint_directory.empty())
      checkpoints_.emplace(disk, options.checkpoint_directory, options.partition);
  }

  base::Status recover(std::vector<std::string>& notes) {
    ASSIGN_OR_RETURN(committed_, position_of(tape_, writer_));
    ASSIGN_OR_RETURN(const ShardProgress durable, ShardProgress::decode(committed_));
    RETURN_IF_ERROR(restore_checkpoint(durable.next, notes));
    checkpointed_ = progress_.next;
    return replay_until(durable);
  }

  base::Result<StepState> step() override {
    if (!blocked_) {
      results_.clear();
      std::size_t rows = 0;
      while (rows < options_.step_rows_max) {
        ASSIGN_OR_RETURN(const std::size_t stepped, step_batch(options_.step_rows_max - rows));
        if (stepped == 0) break;
        rows += stepped;
      }
      if (rows == 0) return StepState::idle;
      seal();
    }
    ASSIGN_OR_RETURN(const bool done, commit());
    if (!done) return StepState::blocked;
    if (progress_.next.value - checkpointed_.value >= options_.checkpoint_rows)
      RETURN_IF_ERROR(save_checkpoint());
    return StepState::progressed;
  }

  void forming(std::vector<flow::FormingBar>& bars) override { shard_->forming(bars); }

  base::Status save_checkpoint() override {
    if (!checkpoints_ || blocked_ || progress_.next <= checkpointed_) return {};
    Checkpoint checkpoint{progress_, {}};
    shard_->save(checkpoint.state);
    RETURN_IF_ERROR(checkpoints_->save(checkpoint));
    checkpointed_ = progress_.next;
    return {};
  }
  [[nodiscard]] const ShardProgress& progress() const override { return progress_; }

 private:
  void make_shard() {
    shard_ = std::make_unique<engine::Shard>(options_.settings, options_.make_operators(options_.settings));
    progress_ = {};
  }

  base::Status restore_checkpoint(flow::Offset at_most, std::vector<std::string>& notes) {
    make_shard();
    if (!checkpoints_) return {};
    std::vector<std::string> damaged;
    ASSIGN_OR_RETURN(auto checkpoint, checkpoints_->load(at_most, damaged));
    for (const std::string& name : damaged)
      notes.push_back(
          std::string("checkpoint ").append(name).append(" is damaged; replaying from what is before it"));
    ASSIGN_OR_RETURN(const flow::Offset begin, tape_.begin(flow::Topic::events, options_.partition));
    const bool has_state = checkpoint && shard_->load(checkpoint->state).ok();
    if (begin.value > 0 && (!has_state || checkpoint->progress.next < begin))
      return base::Error{base::ErrorCode::damaged,
                         "the beginning of the tape was cut, and no checkpoint reaches back to what is left",
                         writer_};
    if (!checkpoint) return {};
    if (!has_state) {  // the checksum held, so another version wrote it: the tape has everything
      notes.push_back(std::string("the checkpoint of ")
                          .append(writer_)
                          .append(" cannot be read; replaying from the beginning"));
      make_shard();
      return {};
    }
    progress_ = checkpoint->progress;
    return {};
  }

  // Silent: what comes out must be on the tape already. The reader stays where this ends, which may be inside
  // a batch.
  base::Status replay_until(const ShardProgress& durable) {
    if (durable.next < progress_.next)
      return base::Error{base::ErrorCode::damaged, "the checkpoint is ahead of the tape", writer_};
    ASSIGN_OR_RETURN(ResultCheck check, ResultCheck::open(tape_, options_.partition, progress_.sequences));
    ASSIGN_OR_RETURN(reader_, tape_.read(flow::Topic::events, options_.partition, progress_.next));
    while (progress_.next < durable.next) {
      results_.clear();
      ASSIGN_OR_RETURN(const std::size_t stepped, step_batch(durable.next.value - progress_.next.value));
      if (stepped == 0)
        return base::Error{base::ErrorCode::damaged, "the tape ends before the shard's position", writer_};
      RETURN_IF_ERROR(check.expect(results_));
    }
    progress_.sequences = check.sequences();
    progress_.counts = shard_->counts();
    if (!(progress_.counts.ledger == durable.counts.ledger) || progress_.sequences != durable.sequences)
      return base::Error{base::ErrorCode::check_failed, "replay gives another ledger than the tape", writer_};
    return {};
  }

  // Steps up to rows_max rows of the batch in hand, reading the next one if it is used up. 0: nothing is
  // there.
  base::Result<std::size_t> step_batch(std::size_t rows_max) {
    if (!in_hand_) {
      ASSIGN_OR_RETURN(in_hand_, reader_->next(batch_));
      if (!in_hand_) return std::size_t{0};
      row_ = batch_.skip;
    }
    const market::EventBatchView view(batch_.bytes);
    const std::size_t last = std::min(view.rows().size(), row_ + rows_max);
    const std::size_t stepped = last - row_;
    shard_->step(view, row_, last, progress_.next.value, results_);
    row_ = last;
    in_hand_ = last < view.rows().size();
    progress_.next = in_hand_ ? flow::Offset{progress_.next.value + stepped} : batch_.next;
    return stepped;
  }

  void seal() {
    arena_.clear();
    appends_.clear();
    std::vector<std::pair<flow::Topic, market::BatchParts::Place>> places;
    const auto add = [&](std::size_t topic, const auto& results) {
      for (const auto& builder : results.batches()) {
        places.emplace_back(kResultTopics.at(topic), builder.seal(arena_, progress_.sequences.at(topic)));
        progress_.sequences.at(topic) += builder.rows.size();
      }
    };
    add(0, results_.bars);
    add(1, results_.settled);
    add(2, results_.late);
    for (const auto& [topic, place] : places)
      appends_.push_back(
          {topic, options_.partition, std::string_view(arena_).substr(place.offset, place.size)});
    progress_.counts = shard_->counts();
    next_ = progress_.encode();
  }

  base::Result<bool> commit() {
    auto outcome = tape_.commit({writer_, committed_, next_, appends_, flow::Claim::results});
    blocked_ = !outcome.ok() && outcome.error().code == base::ErrorCode::no_space;
    if (blocked_) return false;
    if (!outcome.ok()) return outcome.error();
    if (*outcome == flow::CommitOutcome::fenced)
      return base::Error{base::ErrorCode::busy, "another process has taken over this shard", writer_};
    committed_ = next_;
    return true;
  }

  ShardHostOptions options_;
  flow::Tape& tape_;
  std::string writer_;
  std::optional<CheckpointStore> checkpoints_;
  flow::Offset checkpointed_;
  std::unique_ptr<engine::Shard> shard_;
  ShardProgress progress_;
  std::unique_ptr<flow::TapeReader> reader_;
  flow::TapeBatch batch_;
  bool in_hand_ = false;
  std::size_t row_ = 0;
  engine::ShardResults results_;
  std::string arena_;
  std::vector<flow::Append> appends_;
  std::string committed_;
  std::string next_;
  bool blocked_ = false;
};

}  // namespace

base::Result<std::unique_ptr<ShardHost>> ShardHost::open(const ShardHostOptions& options, flow::Tape& tape,
                                                         base::Disk& disk, std::vector<std::string>& notes) {
  auto host = std::make_unique<ShardHostImpl>(options, tape, disk);
  RETURN_IF_ERROR(host->recover(notes));
  return std::unique_ptr<ShardHost>(std::move(host));
}

}  // namespace tickerhouse::runtime

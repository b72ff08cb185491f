#include "runtime/shard_host.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "runtime/check/result_check.h"
#include "runtime/check/symbol_places.h"
#include "runtime/checkpoint.h"
#include "runtime/tape_gap.h"

namespace tickerhouse::runtime {
namespace {

constexpr std::uint64_t kRejectedBytesMax = 64ULL << 20U;  // of one commit, about

constexpr flow::Offset kNoLimit{std::numeric_limits<std::uint64_t>::max()};

class ShardHostImpl final : public ShardHost {
 public:
  ShardHostImpl(const ShardHostOptions& options, flow::Tape& tape, flow::CheckpointStore* checkpoints)
      : options_(options), tape_(tape), writer_(shard_writer(options.partition)), symbols_(tape) {
    if (checkpoints != nullptr) checkpoints_.emplace(*checkpoints, options.partition);
  }

  base::Status recover(std::vector<std::string>& notes) {
    ASSIGN_OR_RETURN(committed_, position_of(tape_, writer_));
    ASSIGN_OR_RETURN(ShardProgress durable, ShardProgress::decode(committed_));
    if (of_others()) RETURN_IF_ERROR(symbols_.check());
    // Others may have deleted much before anybody thought of us: that is no gap.
    if (of_others() && durable.is_blank()) {
      ASSIGN_OR_RETURN(durable.started, tape_.begin(flow::Topic::events, options_.partition));
      durable.next = durable.started;
    }
    ASSIGN_OR_RETURN(const auto gap,
                     gap_before(tape_, flow::Topic::events, options_.partition, durable.next));
    RETURN_IF_ERROR(restore(durable, gap, notes));
    checkpointed_ = progress_.next;
    recovery_ = {progress_.next, durable.next, 0};
    return gap ? pass(*gap, notes) : replay_until(durable);
  }

  base::Result<StepState> step(Commits commits) override {
    if (!blocked_) {
      ASSIGN_OR_RETURN(const std::size_t rows, step_rows());
      held_ = held_ || rows > 0;
      const bool may_hold = commits == Commits::with_results && !has_results();
      if (!held_ || (rows == 0 && may_hold)) return StepState::idle;
      if (may_hold) return StepState::held;
      seal();
    }
    ASSIGN_OR_RETURN(const bool done, commit());
    if (!done) return StepState::blocked;
    if (std::exchange(symbols_added_, false)) RETURN_IF_ERROR(symbols_.check());
    if (progress_.next.value - checkpointed_.value >= options_.checkpoint_rows)
      RETURN_IF_ERROR(save_checkpoint());
    return StepState::progressed;
  }

  void forming(std::vector<flow::FormingBar>& bars) override { shard_->forming(bars); }

  base::Status save_checkpoint() override {
    if (held_ && !blocked_) {
      seal();
      ASSIGN_OR_RETURN(const bool done, commit());
      static_cast<void>(done);  // no room: it is stepped again
    }
    if (!checkpoints_ || blocked_ || progress_.next <= checkpointed_) return {};
    Checkpoint checkpoint{progress_, {}};
    shard_->save(checkpoint.state);
    RETURN_IF_ERROR(checkpoints_->save(checkpoint, committed_));
    checkpointed_ = progress_.next;
    return {};
  }
  [[nodiscard]] const ShardProgress& progress() const override { return progress_; }
  [[nodiscard]] const Recovery& recovery() const override { return recovery_; }

 private:
  base::Result<std::size_t> step_rows() {
    if (failed_) return judge_read(*failed_);
    results_.clear();
    std::size_t rows = 0;
    while (rows < options_.step_rows_max && results_.rejected_bytes < kRejectedBytesMax) {
      const auto stepped = step_batch(options_.step_rows_max - rows, kNoLimit);
      if (!stepped.ok()) {
        failed_ = stepped.error();
        if (rows == 0) return judge_read(stepped.error());
        break;
      }
      if (*stepped == 0) break;
      rows += *stepped;
    }
    return rows;
  }

  void make_shard() {
    shard_ = std::make_unique<engine::Shard>(options_.settings, options_.make_operators(options_.settings),
                                             place_of_messages(tape_, options_.partition));
    progress_ = {};
    progress_.next = progress_.started = started_;
  }

  // The state that the shard can go on from, or be replayed from: in shard_ and progress_.
  base::Status restore(const ShardProgress& durable, const std::optional<TapeGap>& gap,
                       std::vector<std::string>& notes) {
    started_ = durable.started;
    make_shard();
    // Nothing before a gap can be stepped again: only the state right there is of use.
    if (gap) {
      ASSIGN_OR_RETURN(const bool known, load({durable.next, durable.next}, notes));
      return known ? base::Status() : state_unknown(*gap, writer_);
    }
    ASSIGN_OR_RETURN(const flow::Offset begin, tape_.begin(flow::Topic::events, options_.partition));
    ASSIGN_OR_RETURN(const bool known, load({std::max(begin, durable.started), durable.next}, notes));
    if (known) return {};
    const flow::LostRows& lost = durable.lost;
    if (lost.offsets == 0 || lost.to < begin.value) return cut_without_checkpoint(options_.partition);
    // The gap was accepted, and then there was no time for a checkpoint.
    ASSIGN_OR_RETURN(const bool before, load({{lost.from}, {lost.from}}, notes));
    if (!before) return cut_without_checkpoint(options_.partition);
    lose(lost);
    return {};
  }

  // The newest checkpoint of the range, or where the range holds it the beginning. false: neither is there.
  base::Result<bool> load(Checkpoints::Range range, std::vector<std::string>& notes) {
    const bool from_beginning = range.from == started_;
    if (!checkpoints_) return from_beginning;
    std::vector<std::string> damaged;
    ASSIGN_OR_RETURN(auto checkpoint, checkpoints_->load(range, damaged));
    for (const std::string& name : damaged)
      notes.push_back(
          std::string("checkpoint ").append(name).append(" is damaged; replaying from what is before it"));
    if (!checkpoint) return from_beginning;
    if (shard_->load(checkpoint->state).ok()) {
      progress_ = checkpoint->progress;
      return true;
    }
    // The checksum held, so another version wrote it: the tape has everything.
    if (from_beginning)
      notes.push_back(std::string("the checkpoint of ")
                          .append(writer_)
                          .append(" cannot be read; replaying from the beginning"));
    make_shard();
    return from_beginning;
  }

  void lose(const flow::LostRows& lost) {
    shard_->lose();
    progress_.lost = lost;
    progress_.next = {lost.to};
  }

  // The shard stands right before it, and all it has done is committed. That it goes on behind it is a commit
  // like any other, so whoever replays does so too.
  base::Status pass(const TapeGap& gap, std::vector<std::string>& notes) {
    if (!options_.accept_gap) return refuse_gap(gap, writer_);
    lose({gap.from.value, gap.to.value, progress_.lost.offsets + (gap.to.value - gap.from.value)});
    appends_.clear();
    next_ = progress_.encode();
    ASSIGN_OR_RETURN(const bool done, commit());
    if (!done) return base::Error{base::ErrorCode::no_space, "no room to note that rows are lost", writer_};
    notes.push_back(accepted_gap(gap, writer_));
    RETURN_IF_ERROR(open_reader());
    return save_checkpoint();  // the last one is of no use any more
  }

  // A reader begins at the first row that is there: what was deleted just now must not be passed over.
  base::Status open_reader() {
    ASSIGN_OR_RETURN(reader_, tape_.read(flow::Topic::events, options_.partition, progress_.next));
    ASSIGN_OR_RETURN(const auto gap,
                     gap_before(tape_, flow::Topic::events, options_.partition, progress_.next));
    return gap ? base::Status(cut_meanwhile()) : base::Status();
  }

  // Another checkpoint may be there by now.
  [[nodiscard]] base::Error cut_meanwhile() const {
    return {base::ErrorCode::io, "rows were deleted while they were to be stepped again", writer_};
  }

  // What a failed read means. Its error may be said once only, so what was stepped before is committed first.
  base::Error judge_read(const base::Error& error) {
    if (error.code != base::ErrorCode::damaged) return error;
    const auto asked = gap_before(tape_, flow::Topic::events, options_.partition, progress_.next);
    const std::optional<TapeGap> gap = asked.ok() ? *asked : std::nullopt;
    if (!gap) return error;
    // Whoever accepts it goes on from this state; without it nobody can.
    const base::Status saved = save_checkpoint();
    return saved.ok() ? refuse_gap(*gap, writer_) : saved.error();
  }

  // Silent: what comes out must be on the tape already. The reader stays where this ends, which may be inside
  // a batch.
  base::Status replay_until(const ShardProgress& durable) {
    if (durable.next < progress_.next)
      return base::Error{base::ErrorCode::damaged, "the checkpoint is ahead of the tape", writer_};
    ASSIGN_OR_RETURN(ResultCheck check, ResultCheck::open(tape_, options_.partition, progress_.sequences));
    RETURN_IF_ERROR(open_reader());
    while (progress_.next < durable.next) {
      results_.clear();
      const auto stepped = step_batch(std::numeric_limits<std::size_t>::max(), durable.next);
      if (!stepped.ok()) {
        ASSIGN_OR_RETURN(const auto gap,
                         gap_before(tape_, flow::Topic::events, options_.partition, progress_.next));
        return gap ? cut_meanwhile() : stepped.error();
      }
      if (*stepped == 0)
        return base::Error{base::ErrorCode::damaged, "the tape ends before the shard's position", writer_};
      recovery_.events += *stepped;
      RETURN_IF_ERROR(check.expect(results_));
    }
    progress_.sequences = check.sequences();
    count();
    if (!(progress_.counts.ledger == durable.counts.ledger) || progress_.sequences != durable.sequences)
      return base::Error{base::ErrorCode::check_failed, "replay gives another ledger than the tape", writer_};
    return {};
  }

  // Steps up to rows_max rows below `until` of the batch in hand, reading the next one if it is used up. 0:
  // nothing is there.
  base::Result<std::size_t> step_batch(std::size_t rows_max, flow::Offset until) {
    if (!in_hand_) {
      ASSIGN_OR_RETURN(in_hand_, reader_->next(batch_));
      if (!in_hand_) return std::size_t{0};
      row_ = batch_.skip;
      progress_.next = batch_.first;  // beyond a hole, if there was one
    }
    if (progress_.next >= until) return std::size_t{0};
    const market::EventBatchView view(batch_.bytes);
    const std::size_t below = static_cast<std::size_t>(until.value - progress_.next.value);
    const std::size_t stepped = std::min({view.rows().size() - row_, rows_max, below});
    const std::size_t last = row_ + stepped;
    shard_->step(view, row_, last, progress_.next.value, results_);
    row_ = last;
    in_hand_ = last < view.rows().size();
    progress_.next = in_hand_ ? flow::Offset{progress_.next.value + stepped} : batch_.next;
    return stepped;
  }

  [[nodiscard]] bool has_results() const {
    return !results_.bars.batches().empty() || !results_.settled.batches().empty() ||
           !results_.late.batches().empty() || !results_.rejects.batches().empty() ||
           !results_.symbols.batches().empty();
  }

  void seal() {
    arena_.clear();
    appends_.clear();
    std::vector<std::pair<flow::Append, market::BatchParts::Place>> places;
    const auto add = [&](std::size_t topic, const auto& results) {
      for (const auto& builder : results.batches()) {
        places.emplace_back(flow::Append{kResultTopics.at(topic), options_.partition, {}},
                            builder.seal(arena_, progress_.sequences.at(topic)));
        progress_.sequences.at(topic) += builder.rows.size();
      }
    };
    add(0, results_.bars);
    add(1, results_.settled);
    add(2, results_.late);
    // As ingest writes them: all into one partition, and not numbered.
    const auto add_unnumbered = [&](flow::Topic topic, const auto& results) {
      for (const auto& builder : results.batches())
        places.emplace_back(flow::Append{topic, 0, {}}, builder.seal(arena_, 0));
    };
    add_unnumbered(flow::Topic::rejects, results_.rejects);
    add_unnumbered(flow::Topic::symbols, results_.symbols);
    symbols_added_ = symbols_added_ || !results_.symbols.batches().empty();
    for (auto& [append, place] : places) {
      append.batch = std::string_view(arena_).substr(place.offset, place.size);
      appends_.push_back(append);
    }
    count();
    next_ = progress_.encode();
  }

  void count() {
    progress_.counts = shard_->counts();
    progress_.messages = shard_->messages();
  }

  // The events are messages of others.
  [[nodiscard]] bool of_others() const { return !tape_.events_of().empty(); }

  base::Result<bool> commit() {
    auto outcome = tape_.commit({.writer = writer_,
                                 .before = committed_,
                                 .after = next_,
                                 .appends = appends_,
                                 .claim = flow::Claim::results,
                                 .consumed = {{flow::Topic::events, options_.partition, progress_.next}}});
    blocked_ = !outcome.ok() && outcome.error().code == base::ErrorCode::no_space;
    if (blocked_) return false;
    if (!outcome.ok()) return outcome.error();
    if (*outcome == flow::CommitOutcome::fenced)
      return base::Error{base::ErrorCode::busy, "another process has taken over this shard", writer_};
    committed_ = next_;
    held_ = false;
    return true;
  }

  ShardHostOptions options_;
  flow::Tape& tape_;
  std::string writer_;
  std::optional<Checkpoints> checkpoints_;
  flow::Offset started_;  // of the first event there ever was here
  flow::Offset checkpointed_;
  std::unique_ptr<engine::Shard> shard_;
  ShardProgress progress_;
  Recovery recovery_;
  std::unique_ptr<flow::TapeReader> reader_;
  std::optional<base::Error> failed_;  // of a read
  flow::TapeBatch batch_;
  bool in_hand_ = false;
  std::size_t row_ = 0;
  engine::ShardResults results_;
  std::string arena_;
  std::vector<flow::Append> appends_;
  std::string committed_;
  std::string next_;
  bool held_ = false;  // rows were stepped since the last commit
  bool blocked_ = false;
  SymbolPlaces symbols_;
  bool symbols_added_ = false;  // since they were checked
};

}  // namespace

base::Result<std::unique_ptr<ShardHost>> ShardHost::open(const ShardHostOptions& options, flow::Tape& tape,
                                                         flow::CheckpointStore* checkpoints,
                                                         std::vector<std::string>& notes) {
  auto host = std::make_unique<ShardHostImpl>(options, tape, checkpoints);
  RETURN_IF_ERROR(host->recover(notes));
  return std::unique_ptr<ShardHost>(std::move(host));
}

}  // namespace tickerhouse::runtime

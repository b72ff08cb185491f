#include "runtime/ingest/ingest.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "market/symbol.h"
#include "runtime/ingest/gaps.h"
#include "runtime/outgoing.h"

namespace tickerhouse::runtime {
namespace {

using base::TsNanos;

class IngestImpl final : public Ingest {
 public:
  IngestImpl(const IngestOptions& options, flow::Tape& tape, flow::Source& source, base::Clock& clock,
             SymbolOwners owners)
      : options_(options),
        tape_(tape),
        source_(source),
        clock_(clock),
        owners_(std::move(owners)),
        writer_(std::string(kSourcePrefix).append(source.info().name)),
        allowed_(options.allowed_symbols.begin(), options.allowed_symbols.end()),
        pane_(engine::pane_of(options.settings)),
        outgoing_(options.settings.partitions),
        batch_limit_(options.batch_records_max) {}

  base::Status restore() {
    ASSIGN_OR_RETURN(committed_, position_of(tape_, writer_));
    last_event_at_ = clock_.monotonic_now();
    if (committed_.empty()) {
      progress_.origin = source_.info().origin;
      progress_.live = source_.info().live;
      progress_.opened_at = clock_.wall_now();
      progress_.partitions_used.assign(options_.settings.partitions, false);
    } else {
      ASSIGN_OR_RETURN(progress_, SourceProgress::decode(committed_));
      RETURN_IF_ERROR(source_.restore(progress_.source_position));
    }
    if (progress_.live) return announce(market::StatusCode::started);
    return {};
  }

  base::Result<IngestState> step() override {
    if (in_hand_) return commit(after_in_hand_);
    batch_.clear();
    last_ts_event_ = base::kNoTime;
    ASSIGN_OR_RETURN(const flow::PollState state, source_.poll(batch_limit_, batch_));
    outgoing_.clear();
    received_ = progress_.live || source_.info().being_written ? clock_.wall_now() : progress_.opened_at;
    for (const flow::LostRecords& lost : batch_.lost) note_lost(progress_, lost, batch_.files.at(lost.file));
    RETURN_IF_ERROR(take_records());
    progress_.skipped += batch_.skipped;
    progress_.rounded += batch_.rounded;
    if (!batch_.position.empty()) progress_.source_position = batch_.position;
    switch (state) {
      case flow::PollState::more:
        return commit(IngestState::progressed);
      case flow::PollState::idle:
        return idle();
      case flow::PollState::cut_off:
        progress_.truncated = true;
        if (!options_.finish_cut_off) return commit(IngestState::cut_off);
        break;
      case flow::PollState::finished:
        progress_.truncated = false;
        break;
    }
    if (progress_.finished && batch_.events.rows.empty() && batch_.rejects.empty())
      return commit(IngestState::finished);
    finish();
    return commit(IngestState::finished);
  }

  void limit_batch(std::size_t records) override {
    batch_limit_ = std::clamp<std::size_t>(records, 1, options_.batch_records_max);
  }

  base::Status stop() override {
    if (!progress_.live || in_hand_) return {};
    return announce(market::StatusCode::stopped);
  }
  [[nodiscard]] bool holds_commit() const override { return in_hand_; }
  [[nodiscard]] const SourceProgress& progress() const override { return progress_; }
  [[nodiscard]] TsNanos last_ts_event() const override { return last_ts_event_; }

 private:
  // What the strings of the polled batch mean here; by its string index, reset for each poll.
  struct StringUse {
    bool checked = false;
    bool allowed = false;
    std::uint16_t partition = 0;
  };

  // Events and rejects of the poll, in the order of the input.
  base::Status take_records() {
    const auto& rows = batch_.events.rows;
    CHECK(batch_.origins.size() == rows.size());
    begin_strings();
    std::size_t next_reject = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      while (next_reject < batch_.rejects.size() && batch_.rejects[next_reject].events_before <= i)
        reject(batch_.rejects[next_reject++]);
      RETURN_IF_ERROR(take_event(i));
    }
    while (next_reject < batch_.rejects.size()) reject(batch_.rejects[next_reject++]);
    if (!rows.empty()) {
      last_event_at_ = clock_.monotonic_now();
      last_ts_event_ = rows.back().ts_event;
    }
    return {};
  }

  base::Status take_event(std::size_t i) {
    const market::EventRow& row = batch_.events.rows[i];
    StringUse& symbol = strings_[row.symbol];
    if (!symbol.checked) RETURN_IF_ERROR(check_symbol(row, symbol));
    if (!symbol.allowed) {
      reject_event(i, market::RejectReason::unknown_symbol);
      return {};
    }
    TsNanos reference = row.ts_recv;
    if (reference == base::kNoTime) reference = received_;
    if (row.ts_event > reference && row.ts_event - reference > options_.settings.skew) {
      reject_event(i, market::RejectReason::future_time);
      return {};
    }
    if (progress_.finished) resume();
    ++progress_.events;
    if (row.seq != market::kNoSeq) note_seq(progress_, row.seq, row.ts_event);
    if (!progress_.lost_stretches.empty())
      note_input(progress_, batch_.origins[i].file, row.ts_event, options_.settings.bound);
    if (row.ts_event > progress_.greatest) {
      progress_.greatest = row.ts_event;
      const TsNanos watermark = engine::watermark_at(row.ts_event, options_.settings.bound);
      if (watermark > progress_.watermark) mark(watermark, 0);
    }
    append_event(i, symbol);
    return {};
  }

  void append_event(std::size_t i, const StringUse& symbol) {
    const std::uint16_t partition = symbol.partition;
    market::EventBatchBuilder& to = outgoing_.events(partition);
    if (!progress_.partitions_used[partition]) {
      progress_.partitions_used[partition] = true;
      if (progress_.watermark != base::kNoTime) append_mark(partition, progress_.watermark, 0);
    }
    market::EventRow row = batch_.events.rows[i];
    row.source = source_index(partition);
    row.symbol = local_index(partition, row.symbol);
    if (row.venue != market::kNoString) row.venue = local_index(partition, row.venue);
    if ((row.flags & (market::kIdHashed | market::kDayFields)) != 0)
      to.add_text(static_cast<std::uint32_t>(to.rows.size()),
                  batch_.events.text(static_cast<std::uint32_t>(i)));
    to.rows.push_back(row);
  }

  base::Status check_symbol(const market::EventRow& row, StringUse& use) {
    const std::string_view name = batch_.events.strings.at(row.symbol);
    use.checked = true;
    use.allowed = allowed_.empty() || allowed_.contains(std::string(name));
    use.partition = market::partition_of(name, options_.settings.partitions);
    if (!use.allowed) return {};
    ASSIGN_OR_RETURN(const SymbolOwners::Answer answer,
                     owners_.claim(name, source_.info().name, options_.merge));
    if (answer == SymbolOwners::Answer::known) return {};
    market::EventRow added;
    added.kind = market::EventKind::status;
    added.control = {row.ts_event, row.ts_event, market::StatusCode::symbol_added, {}};
    added.ts_event = row.ts_event;
    added.symbol = outgoing_.symbols.strings.intern(name);
    added.source = outgoing_.symbols.strings.intern(source_.info().name);
    outgoing_.symbols.rows.push_back(added);
    return {};
  }

  // The watermark moves: first what is missing below it, then the mark, to every partition in use.
  void mark(TsNanos watermark, std::uint8_t flags) {
    mark_gaps(watermark);
    progress_.watermark = watermark;
    for (std::uint16_t p = 0; p < outgoing_.partitions(); ++p)
      if (progress_.partitions_used[p]) append_mark(p, watermark, flags);
  }

  // To every partition, used or not: a symbol may appear later in a window that a gap has touched.
  void mark_gaps(TsNanos watermark) {
    for (const auto& [low, high] : gaps_below(progress_, watermark, pane_)) {
      market::EventRow row = control_row(low, market::StatusCode::gap);
      row.control.low = low;
      row.control.high = high;
      for (std::uint16_t p = 0; p < outgoing_.partitions(); ++p) append_control(p, row);
    }
  }

  void append_mark(std::uint16_t partition, TsNanos watermark, std::uint8_t flags) {
    market::EventRow row;
    row.kind = market::EventKind::watermark;
    row.control = {};
    row.ts_event = watermark;
    row.flags = flags;
    append_control(partition, row);
  }
  void append_control(std::uint16_t partition, market::EventRow row) {
    row.source = source_index(partition);
    outgoing_.events(partition).rows.push_back(row);
  }
  static market::EventRow control_row(TsNanos ts, market::StatusCode code) {
    market::EventRow row;
    row.kind = market::EventKind::status;
    row.control = {};
    row.control.code = code;
    row.ts_event = ts;
    return row;
  }

  void finish() {
    mark_gaps(std::numeric_limits<TsNanos>::max());  // and then none is left
    market::EventRow row = control_row(progress_.greatest, market::StatusCode::finished);
    row.control.low = progress_.greatest;
    for (std::uint16_t p = 0; p < outgoing_.partitions(); ++p)
      if (progress_.partitions_used[p]) append_control(p, row);
    if (progress_.greatest != base::kNoTime)
      progress_.watermark = std::max(progress_.watermark, last_window_end());
    progress_.finished = true;
  }
  // A finished input has grown: every partition in use hears that its source is unfinished again.
  void resume() {
    progress_.finished = false;
    for (std::uint16_t p = 0; p < outgoing_.partitions(); ++p)
      if (progress_.partitions_used[p]) append_mark(p, progress_.watermark, 0);
  }
  // Where the end of the input puts the watermark. Shards reckon it themselves; a partition that an input
  // grown since brings into use has to be told.
  [[nodiscard]] TsNanos last_window_end() const {
    TsNanos end = progress_.greatest;
    for (const base::DurationNanos interval : options_.settings.intervals)
      end = std::max(end, base::floor_to(progress_.greatest, interval) + interval);
    return end;
  }

  // Live sources only: after idle_timeout without data time goes on without them, one mark a second at most.
  base::Result<IngestState> idle() {
    if (progress_.live && progress_.greatest != base::kNoTime) {
      const base::DurationNanos now = clock_.monotonic_now();
      const base::DurationNanos quiet = now - last_event_at_;
      const TsNanos watermark = base::floor_to(
          progress_.greatest + quiet - options_.settings.bound - options_.settings.idle_timeout,
          engine::kTimeGrid);
      if (quiet >= options_.settings.idle_timeout && watermark > progress_.watermark &&
          now - last_idle_at_ >= base::kSecond) {
        last_idle_at_ = now;
        mark(watermark, market::kDecidedByClock);
      }
    }
    ASSIGN_OR_RETURN(const IngestState state, commit(IngestState::progressed));
    return state == IngestState::progressed && !committed_something_ ? IngestState::idle : state;
  }

  base::Status announce(market::StatusCode code) {
    outgoing_.clear();
    begin_strings();
    ++progress_.announcements;  // a position that moves, as each commit needs one
    const market::EventRow row = control_row(clock_.wall_now(), code);
    for (std::uint16_t p = 0; p < outgoing_.partitions(); ++p) append_control(p, row);
    ASSIGN_OR_RETURN(const IngestState state, commit(IngestState::progressed));
    return state == IngestState::blocked
               ? base::Status(
                     base::Error{base::ErrorCode::no_space, "no room to start a live source", writer_})
               : base::Status();
  }

  void reject(const flow::RejectedRecord& record) {
    market::RejectRow row;
    row.ts_recv = record.ts_recv;
    row.line = record.origin.line;
    row.item = record.origin.item;
    row.raw_length = record.raw_length;
    row.raw_hash = record.raw_hash;
    row.reason = record.reason;
    const std::string& file = batch_.files[record.origin.file];
    row.source = outgoing_.rejects.strings.intern(file);
    outgoing_.rejects.add_text(static_cast<std::uint32_t>(outgoing_.rejects.rows.size()), record.origin.raw);
    outgoing_.rejects.rows.push_back(row);
    ++progress_.rejects.at(static_cast<std::uint16_t>(record.reason));
  }
  void reject_event(std::size_t i, market::RejectReason reason) {
    flow::RejectedRecord record;
    record.origin = batch_.origins[i];
    record.reason = reason;
    record.ts_recv = batch_.events.rows[i].ts_recv;
    record.raw_length = record.origin.raw.size();
    reject(record);
  }

  // One commit: all rows and the new position, or nothing. Nothing new: nothing is written.
  base::Result<IngestState> commit(IngestState after) {
    if (!in_hand_) {
      next_ = progress_.encode();
      appends_ = &outgoing_.seal();
    }
    committed_something_ = false;
    if (next_ == committed_ && appends_->empty()) return after;
    const flow::Commit commit{writer_, committed_, next_, *appends_, flow::Claim::ingest};
    auto outcome = tape_.commit(commit);
    in_hand_ = false;
    if (!outcome.ok()) {
      const base::ErrorCode code = outcome.error().code;
      in_hand_ = code == base::ErrorCode::no_space || (code == base::ErrorCode::io && !progress_.live);
      after_in_hand_ = after;
      if (code != base::ErrorCode::no_space) return outcome.error();
      return IngestState::blocked;
    }
    if (*outcome == flow::CommitOutcome::fenced)
      return base::Error{base::ErrorCode::busy, "another process has taken over this source", writer_};
    committed_ = next_;
    committed_something_ = true;
    return after;
  }

  void begin_strings() {
    const std::size_t count = batch_.events.strings.size();
    strings_.assign(count, StringUse{});
    local_.assign(count * outgoing_.partitions(), market::kNoString);
    source_local_.assign(outgoing_.partitions(), market::kNoString);
  }
  std::uint16_t local_index(std::uint16_t partition, std::uint16_t string) {
    std::uint16_t& index = local_[static_cast<std::size_t>(string) * outgoing_.partitions() + partition];
    if (index == market::kNoString)
      index = outgoing_.events(partition).strings.intern(batch_.events.strings.at(string));
    return index;
  }
  std::uint16_t source_index(std::uint16_t partition) {
    std::uint16_t& index = source_local_[partition];
    if (index == market::kNoString) index = outgoing_.events(partition).strings.intern(source_.info().name);
    return index;
  }

  IngestOptions options_;
  flow::Tape& tape_;
  flow::Source& source_;
  base::Clock& clock_;
  SymbolOwners owners_;
  std::string writer_;
  std::unordered_set<std::string> allowed_;
  base::DurationNanos pane_;
  SourceProgress progress_;
  std::string committed_;  // the position on the tape
  flow::SourceBatch batch_;
  Outgoing outgoing_;
  std::size_t batch_limit_;
  std::vector<StringUse> strings_;
  std::vector<std::uint16_t> local_;
  std::vector<std::uint16_t> source_local_;
  base::DurationNanos last_event_at_ = 0;
  base::DurationNanos last_idle_at_ = 0;
  TsNanos last_ts_event_ = base::kNoTime;
  TsNanos received_ = base::kNoTime;  // of records that do not say it
  // The commit in hand: kept while the tape has no room or, of a finite source, does not answer.
  std::string next_;
  const std::vector<flow::Append>* appends_ = nullptr;
  bool in_hand_ = false;
  bool committed_something_ = false;
  IngestState after_in_hand_ = IngestState::progressed;
};

}  // namespace

base::Result<std::unique_ptr<Ingest>> Ingest::open(const IngestOptions& options, flow::Tape& tape,
                                                   flow::Source& source, base::Clock& clock) {
  ASSIGN_OR_RETURN(SymbolOwners owners, SymbolOwners::load(tape));
  auto ingest = std::make_unique<IngestImpl>(options, tape, source, clock, std::move(owners));
  RETURN_IF_ERROR(ingest->restore());
  return std::unique_ptr<Ingest>(std::move(ingest));
}

}  // namespace tickerhouse::runtime

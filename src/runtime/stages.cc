#include "runtime/stages.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "runtime/ingest/gaps.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kPaceGrain = 50 * base::kMillisecond;
constexpr base::DurationNanos kBlockedNotice = 10 * base::kSecond;
constexpr base::DurationNanos kRetentionEvery = 5 * base::kSecond;

}  // namespace

IngestStage::IngestStage(const StageContext& context, std::unique_ptr<Ingest> ingest)
    : context_(context), retry_(context, "ingest"), ingest_(std::move(ingest)) {
  if (context_.parts.source == nullptr && !context_.options.endless) context_.run.ingest_done = true;
  if (ingest_ == nullptr) return;
  lost_ = ingest_->progress().lost.offsets;
  if (context_.options.speed > 0) ingest_->limit_batch(batch_);
}

base::Result<Turn> IngestStage::turn() {
  if (context_.run.ingest_done) return Turn::done;
  if (context_.run.stopping()) {
    end_ = PipelineEnd::stopped;
    if (ingest_ != nullptr) RETURN_IF_ERROR(ingest_->stop());
    return finish();
  }
  if (context_.parts.source == nullptr || retry_.waiting()) return Turn::waiting;
  if (context_.parts.clock.monotonic_now() < resume_at_) return Turn::waiting;
  auto turned = step();
  if (turned.ok()) {
    if (ingest_ != nullptr) retry_.worked();
    return turned;
  }
  // Only a live source can be opened again: the position of a finite one is where its reading stands. What
  // that has read and not committed is kept, and tried again.
  const bool held = ingest_ != nullptr && ingest_->holds_commit();
  const bool again =
      turned.error().code == base::ErrorCode::io && (held || context_.parts.source->info().live);
  RETURN_IF_ERROR(retry_.failed(turned.error(), again ? context_.options.stage_patience : 0));
  if (!held) ingest_.reset();
  return Turn::waiting;
}

base::Status IngestStage::reopen() {
  ASSIGN_OR_RETURN(ingest_, Ingest::open(context_.options.ingest, context_.parts.tape, *context_.parts.source,
                                         context_.parts.clock));
  return {};
}

base::Result<Turn> IngestStage::step() {
  if (ingest_ == nullptr) RETURN_IF_ERROR(reopen());
  ASSIGN_OR_RETURN(const IngestState state, ingest_->step());
  if (state != IngestState::blocked && blocked_since_) {
    blocked_since_.reset();
    if (context_.hooks.board != nullptr) context_.hooks.board->set_blocked(false);
  }
  if (state != IngestState::blocked) tell_losses();
  if (context_.hooks.on_progress) context_.hooks.on_progress(ingest_->progress());
  switch (state) {
    case IngestState::progressed:
      pace();
      return Turn::worked;
    case IngestState::idle:
      return Turn::waiting;
    case IngestState::blocked:
      return wait_for_space();
    case IngestState::cut_off:
      end_ = PipelineEnd::cut_off;
      return finish();
    case IngestState::finished:
      return finish();
  }
  CHECK(false);
}

void IngestStage::tell_losses() {
  const std::uint64_t lost = ingest_->progress().lost.offsets;
  if (lost > lost_) context_.note(accepted_loss(ingest_->progress()));
  lost_ = lost;
}

Turn IngestStage::finish() {
  context_.run.ingest_done = true;
  return Turn::done;
}

// ×N: the next step waits until the clock has caught up with the events just read. Never reaches the tape.
void IngestStage::pace() {
  if (context_.options.speed <= 0 || ingest_->last_ts_event() == base::kNoTime) return;
  if (!first_event_) {
    first_event_ = last_event_ = ingest_->last_ts_event();
    started_at_ = context_.parts.clock.monotonic_now();
  }
  fit_batch();
  const auto ahead = static_cast<double>(ingest_->last_ts_event() - *first_event_) / context_.options.speed;
  resume_at_ = started_at_ + static_cast<base::DurationNanos>(std::clamp(ahead, 0.0, 1e18));
}

// A batch is to last kPaceGrain, whatever the rate and the speed: it comes all at once.
void IngestStage::fit_batch() {
  const base::TsNanos lasted =
      ingest_->last_ts_event() - std::exchange(last_event_, ingest_->last_ts_event());
  const double wanted = static_cast<double>(kPaceGrain) * context_.options.speed;
  const double fitting =
      static_cast<double>(batch_) * wanted / static_cast<double>(std::max<base::TsNanos>(lasted, 1));
  batch_ = static_cast<std::size_t>(std::clamp(fitting, 1.0, 2.0 * static_cast<double>(batch_)));
  batch_ = std::min(batch_, context_.options.ingest.batch_records_max);
  ingest_->limit_batch(batch_);
}

base::Result<Turn> IngestStage::wait_for_space() {
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  if (!blocked_since_) {
    blocked_since_ = now;
    notice_at_ = now;
    if (context_.hooks.board != nullptr) context_.hooks.board->set_blocked(true);
  }
  if (now >= notice_at_) {
    notice_at_ += kBlockedNotice;
    if (context_.hooks.on_blocked) context_.hooks.on_blocked(now - *blocked_since_);
  }
  if (now - *blocked_since_ >= context_.options.wait_space)
    return base::Error{base::ErrorCode::no_space,
                       "still no room on the tape or the disk; start again once there is, nothing is lost",
                       ""};
  return Turn::waiting;
}

SinkStage::SinkStage(const StageContext& context, flow::Sink& sink)
    : context_(context), sink_(sink), retry_(context, std::string("sink/").append(sink.info().name)) {}

base::Status SinkStage::open() {
  SinkHostOptions options;
  options.partitions = context_.options.shard.settings.partitions;
  options.flush_interval = context_.options.flush_interval;
  options.accept_gap = context_.options.accept_gap_of_sinks;
  options.on_note = [this](const std::string& text) { context_.note(text); };
  ASSIGN_OR_RETURN(host_, SinkHost::open(options, context_.parts.tape, sink_));
  if (context_.hooks.board != nullptr && sink_.info().pace.interval > 0)
    context_.hooks.board->set_gathers(std::string("sink/").append(sink_.info().name));
  return {};
}

base::Result<Turn> SinkStage::turn() {
  if (done_) return Turn::done;
  const bool last_words = context_.run.ingest_done && context_.run.shards_left == 0;
  if (retry_.waiting() && !last_words) return Turn::waiting;
  auto turned = step(last_words);
  if (turned.ok()) {
    if (host_ != nullptr) retry_.worked();
    return turned;
  }
  host_.reset();
  const bool again = turned.error().code != base::ErrorCode::configuration;
  RETURN_IF_ERROR(retry_.failed(turned.error(), again ? context_.options.sink_patience : 0));
  if (!last_words) return Turn::waiting;
  context_.note(std::string("sink ")
                    .append(sink_.info().name)
                    .append(" is behind: what it lacks is on the tape, the next start brings it"));
  done_ = true;
  return Turn::done;
}

base::Result<Turn> SinkStage::step(bool last_words) {
  if (host_ == nullptr) {
    if (context_.parts.reopen) RETURN_IF_ERROR(context_.parts.reopen(sink_));
    RETURN_IF_ERROR(open());
  }
  if (!last_words) {
    ASSIGN_OR_RETURN(const bool due, host_->due(context_.parts.clock.monotonic_now()));
    if (!due) return Turn::waiting;
  }
  ASSIGN_OR_RETURN(const StepState state, host_->step());
  if (state == StepState::progressed && context_.hooks.board != nullptr)
    context_.hooks.board->flushed(std::string("sink/").append(sink_.info().name),
                                  context_.parts.clock.wall_now());
  if (state == StepState::progressed && !context_.run.out_of_time()) return Turn::worked;
  done_ = context_.run.out_of_time();
  if (last_words && !done_) {
    ASSIGN_OR_RETURN(done_, host_->has_all());
  }
  return done_ ? Turn::done : Turn::waiting;
}

RetentionStage::RetentionStage(const StageContext& context)
    : context_(context),
      retention_(context.options.retention,
                 {context.parts.tape, context.parts.checkpoints, context.parts.sinks,
                  context.options.shard.settings.partitions}) {}

base::Result<Turn> RetentionStage::turn() {
  if (!context_.options.retention.enabled() || context_.parts.source == nullptr || context_.run.ingest_done)
    return Turn::done;
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  if (now < due_) return Turn::waiting;
  ASSIGN_OR_RETURN(const bool more, retention_.step(context_.parts.clock.wall_now()));
  if (context_.hooks.board != nullptr) context_.hooks.board->set_held_by(retention_.held_by());
  if (more) return Turn::worked;
  due_ = now + kRetentionEvery;
  return Turn::waiting;
}

}  // namespace tickerhouse::runtime

// The stages of a pipeline as step functions that take turns, each with what it does when it fails.
//
// A stage that the operating system refused something (a disk, a file, a server behind a sink) is opened
// again from what is durable, after a while that grows; the tape makes that safe. What no second try can
// mend, damage, a wrong setting, another process in its place, results that differ, ends the pipeline.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "runtime/bell.h"
#include "runtime/pipeline.h"
#include "runtime/sink_host.h"
#include "runtime/stage_board.h"

namespace tickerhouse::runtime {

// What the stages tell each other beside the tape.
class Run {
 public:
  Run(base::Clock& clock, const std::atomic<bool>& stop, base::DurationNanos stop_within)
      : clock_(clock), stop_(stop), stop_within_(stop_within) {}

  Bell bell;
  std::atomic<bool> ingest_done = false;
  std::atomic<std::uint32_t> shards_left = 0;

  void fail(base::Error error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::move(error);
    }
    failed_ = true;
    bell.ring();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool stopping() const { return stop_; }
  // A stop was asked for so long ago that even what is appended is left for the next start.
  [[nodiscard]] bool out_of_time() {
    if (!stop_) return false;
    base::DurationNanos none = 0;
    const base::DurationNanos now = clock_.monotonic_now();
    stop_seen_at_.compare_exchange_strong(none, now);
    return now - stop_seen_at_ > stop_within_;
  }
  [[nodiscard]] std::optional<base::Error> error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  base::Clock& clock_;
  const std::atomic<bool>& stop_;
  base::DurationNanos stop_within_;
  std::atomic<base::DurationNanos> stop_seen_at_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::optional<base::Error> error_;
};

enum class Turn { worked, waiting, done };

// What all stages of one run share. All of it outlives them.
struct StageContext {
  const PipelineOptions& options;
  const PipelineParts& parts;
  const PipelineHooks& hooks;
  Run& run;
};

// When a failed stage is tried again, and when its time is up.
class Retry {
 public:
  Retry(const StageContext& context, std::string stage) : context_(context), stage_(std::move(stage)) {}
  [[nodiscard]] bool waiting() const;  // failed, and not due yet
  // The stage has failed. An error: the pipeline ends with it.
  base::Status failed(const base::Error& error, base::DurationNanos patience);
  void worked();

 private:
  const StageContext& context_;
  std::string stage_;
  std::optional<base::DurationNanos> failing_since_;
  base::DurationNanos pause_ = 0;
  base::DurationNanos due_ = 0;
};

// Ingest with pacing and patience for space.
class IngestStage {
 public:
  IngestStage(const StageContext& context, std::unique_ptr<Ingest> ingest);
  base::Result<Turn> turn();
  [[nodiscard]] PipelineEnd end() const { return end_; }

 private:
  base::Result<Turn> step();
  Turn finish();
  void pace();
  void fit_batch();
  base::Result<Turn> wait_for_space();
  base::Status reopen();

  const StageContext& context_;
  Retry retry_;
  std::unique_ptr<Ingest> ingest_;
  PipelineEnd end_ = PipelineEnd::finished;
  std::optional<base::TsNanos> first_event_;
  base::TsNanos last_event_ = 0;
  std::size_t batch_ = 1;  // records of the next step, if paced
  base::DurationNanos started_at_ = 0;
  base::DurationNanos resume_at_ = 0;
  std::optional<base::DurationNanos> blocked_since_;
  base::DurationNanos notice_at_ = 0;
};

class ShardStage {
 public:
  ShardStage(const StageContext& context, std::uint16_t partition);
  base::Status open();
  base::Result<Turn> turn();

 private:
  base::Result<Turn> step();
  Turn finish();
  void publish_forming();

  const StageContext& context_;
  std::uint16_t partition_;
  Retry retry_;
  std::unique_ptr<ShardHost> host_;
  bool done_ = false;
  base::DurationNanos formed_at_ = 0;
  std::vector<flow::FormingBar> forming_;
};

class SinkStage {
 public:
  SinkStage(const StageContext& context, flow::Sink& sink);
  base::Status open();
  base::Result<Turn> turn();

 private:
  base::Result<Turn> step(bool last_words);

  const StageContext& context_;
  flow::Sink& sink_;
  Retry retry_;
  std::unique_ptr<SinkHost> host_;
  bool done_ = false;
};

// Looks now and then whether the tape is to be cut.
class RetentionStage {
 public:
  explicit RetentionStage(const StageContext& context);
  base::Result<Turn> turn();

 private:
  const StageContext& context_;
  Retention retention_;
  base::DurationNanos due_ = 0;
};

}  // namespace tickerhouse::runtime

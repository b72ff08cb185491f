// What the stages of one run share, what a turn of one gives, and when one that failed is tried again.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "runtime/bell.h"
#include "runtime/pipeline.h"
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

// What all stages of one run share. All of it outlives them.
struct StageContext {
  const PipelineOptions& options;
  const PipelineParts& parts;
  const PipelineHooks& hooks;
  Run& run;

  void note(const std::string& text) const {
    if (hooks.on_note) hooks.on_note(text);
  }
};

enum class Turn { worked, waiting, done };

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

}  // namespace tickerhouse::runtime

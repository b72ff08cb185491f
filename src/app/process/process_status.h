// What a running process knows of itself beside the tape: its stages, its rate, how long it runs.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/config/config.h"
#include "app/directory/data_directory.h"
#include "flow/status.h"
#include "runtime/stage_board.h"

namespace tickerhouse::app {

// Events per second over the last ten seconds. Told from one thread, asked from any.
class RateMeter {
 public:
  void note(std::uint64_t total, base::DurationNanos monotonic_now);
  [[nodiscard]] double per_second(base::DurationNanos monotonic_now) const;

 private:
  struct Sample {
    base::DurationNanos at = 0;
    std::uint64_t total = 0;
  };
  mutable std::mutex mutex_;
  std::deque<Sample> samples_;  // one a second at most
};

// How long the space lasts. Told and asked by one thread at a time.
class GrowthMeter {
 public:
  [[nodiscard]] bool wants(base::DurationNanos monotonic_now) const;  // some time has passed since the last
  // on_disk: bytes of the whole data directory.
  void note(std::uint64_t on_disk, const flow::TapeStatus& tape, base::DurationNanos monotonic_now);
  void restart() { samples_.clear(); }  // what came before was no usual pace
  // tape_is_cut: retention keeps it from filling. Empty: not known yet, or it does not grow.
  [[nodiscard]] std::optional<double> hours_left(const flow::TapeStatus& tape, bool tape_is_cut) const;

 private:
  struct Sample {
    base::DurationNanos at = 0;
    std::uint64_t on_disk = 0;
    std::uint64_t on_tape = 0;
  };
  std::deque<Sample> samples_;
};

struct ProcessParts {
  std::string source_kind;   // simulated, live, replay, none
  double speed = 0;          // of a paced replay; 0: none
  bool tape_is_cut = false;  // by retention
  std::function<double()> caught_up;
  std::function<std::optional<flow::OracleScore>()> oracle;
};

class ProcessStatus {
 public:
  // Counts the start in the directory.
  static base::Result<std::unique_ptr<ProcessStatus>> open(const OpenDirectory& directory,
                                                           ProcessParts parts);
  // Everything `status` and the dashboard show; from any thread.
  [[nodiscard]] base::Result<flow::PipelineStatus> collect() const;

  runtime::StageBoard board;
  mutable RateMeter rate;

 private:
  ProcessStatus(const OpenDirectory& directory, ProcessParts parts, std::uint64_t starts);
  [[nodiscard]] flow::ProcessStatus process_at(base::DurationNanos monotonic_now) const;
  void add_problems(flow::PipelineStatus& status) const;
  void measure_growth(flow::PipelineStatus& status, base::DurationNanos monotonic_now) const;
  [[nodiscard]] std::vector<flow::StageStatus> stages(const flow::PipelineStatus& status) const;

  const OpenDirectory& directory_;
  ProcessParts parts_;
  std::uint64_t restarts_;
  std::string start_id_;
  base::TsNanos started_at_;
  base::DurationNanos started_monotonic_;
  mutable std::mutex growth_mutex_;
  mutable GrowthMeter growth_;
};

// "running 3 h 12 min, 50 /s, started 2 times before"
std::string summary_of(const flow::ProcessStatus& process);

// Rows that were lost and given up (--accept-gap), a line for each partition that has some.
std::string lost_rows(const flow::PipelineStatus& status);

// What the tape says, for a directory with or without a running process.
base::Result<flow::PipelineStatus> directory_status(const OpenDirectory& directory);

}  // namespace tickerhouse::app

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/logging.h"
#include "app/process/session.h"
#include "app/process/stop_signal.h"
#include "app/progress_bar.h"
#include "base/clock.h"
#include "runtime/progress.h"
#include "runtime/worker.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kWorkFooter = R"(Examples:
  tickerhouse work --data ./worker --tape kafka --brokers kafka1:9092 --pipeline prod --id 1
  tickerhouse work --data ./worker --group nightly --id 2
As many as there are partitions, on one machine (they may share --data) or on several. Killed and started again under
its --id within 10 s a worker has its partitions back at once; the partitions of one that stays away go to the others.
Each row of the results is on the tape once, whoever wrote it.)";

constexpr base::DurationNanos kReportEvery = 10 * base::kSecond;

// Says which partitions it has, and while rows wait how long they will.
class Report {
 public:
  explicit Report(const OpenDirectory& directory) : directory_(directory) {}

  void share(const flow::Partitions& partitions) {
    if (said_ && partitions == partitions_) return;
    said_ = true;
    partitions_ = partitions;
    last_.reset();
    due_ = base::system_clock().monotonic_now() + kReportEvery;
    std::string text = "runs partitions";
    for (const std::uint16_t partition : partitions) text.append(" ").append(std::to_string(partition));
    log_info(partitions.empty() ? std::string("runs no partition now") : text);
  }

  void look() {
    const base::DurationNanos now = base::system_clock().monotonic_now();
    if (now < due_ || partitions_.empty()) return;
    due_ = now + kReportEvery;
    auto sum = measure();
    if (!sum.ok()) return;  // the shards say what is wrong
    sum->at = now;
    if (last_) say(*sum, *last_);
    last_ = *sum;
  }

 private:
  struct Sum {
    base::DurationNanos at = 0;
    std::uint64_t stepped = 0;
    std::uint64_t waiting = 0;
  };

  base::Result<Sum> measure() {
    Sum sum;
    for (const std::uint16_t partition : partitions_) {
      ASSIGN_OR_RETURN(const std::string position,
                       flow::position_of(*directory_.tape, runtime::shard_writer(partition)));
      ASSIGN_OR_RETURN(const auto progress, runtime::ShardProgress::decode(position));
      ASSIGN_OR_RETURN(const std::uint64_t waiting,
                       directory_.tape->rows_from(flow::Topic::events, partition, progress.next));
      sum.stepped += progress.next.value;
      sum.waiting += waiting;
    }
    return sum;
  }

  static void say(const Sum& sum, const Sum& last) {
    if (sum.waiting == 0) return;
    const double seconds = static_cast<double>(sum.at - last.at) / 1e9;
    const double rate = static_cast<double>(sum.stepped - std::min(sum.stepped, last.stepped)) / seconds;
    std::string text = grouped(sum.waiting) + " events wait, " + grouped(static_cast<std::uint64_t>(rate)) +
                       " /s are stepped";
    // Rows go on coming: what has gone of the lag says how long the rest will take.
    const double drained = (static_cast<double>(last.waiting) - static_cast<double>(sum.waiting)) / seconds;
    if (drained > 0)
      text +=
          ", drained in " +
          base::format_duration(static_cast<base::DurationNanos>(static_cast<double>(sum.waiting) / drained) *
                                base::kSecond);
    log_info(text);
  }

  const OpenDirectory& directory_;
  flow::Partitions partitions_;
  bool said_ = false;
  std::optional<Sum> last_;
  base::DurationNanos due_ = 0;
};

void say_recovery(std::uint16_t partition, const runtime::Recovery& recovery) {
  if (recovery.to.value == 0) return;
  log_info(std::string("partition ")
               .append(std::to_string(partition))
               .append(" goes on at offset ")
               .append(std::to_string(recovery.to.value))
               .append(": ")
               .append(std::to_string(recovery.events))
               .append(" events stepped again from ")
               .append(recovery.from.value == 0 ? std::string("the beginning")
                                                : std::string("the checkpoint at offset ")
                                                      .append(std::to_string(recovery.from.value))));
}

base::Result<int> work(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, join_directory(config, true));
  runtime::PipelineOptions options = pipeline_options(config, directory);
  be_patient(options);
  options.stage_patience = options.sink_patience;  // brokers come back
  options.shards = runtime::Shards::group;
  options.shard.checkpoint_rows = std::min(options.shard.checkpoint_rows, config.work_checkpoint_rows);
  // More than processors: a shard that commits waits for brokers.
  if (options.threads == 0)
    options.threads = static_cast<std::uint16_t>(2 * std::max(1U, std::thread::hardware_concurrency()));
  const runtime::PipelineParts parts{
      *directory.tape, nullptr, {}, base::system_clock(), directory.checkpoints.get(), stop_requested()};
  runtime::PipelineHooks hooks;
  hooks.on_note = log_warn;
  hooks.on_recovery = say_recovery;
  Report report(directory);
  const runtime::WorkerHooks worker{[&](const flow::Partitions& partitions) { report.share(partitions); },
                                    [&] { report.look(); }};
  log_info("has joined; waiting for its partitions");
  RETURN_IF_ERROR(runtime::run_worker(options, parts, *directory.group, hooks, worker));
  std::fprintf(stderr, "stopped; what it had begun is committed\n");
  return kExitOk;
}

}  // namespace

void add_work(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "work", "one of several processes that turn events into bars, on a tape they share (Kafka)");
  command->footer(kWorkFooter);
  add_setting_flags(*command, line,
                    {"data", "engine.threads", "ingest.batch", "tape.kind", "tape.checkpoints",
                     "tape.accept_gap", "kafka.", "work.", "log."});
  set_action(*command, line, [&line] { return work(line); });
}

}  // namespace tickerhouse::app

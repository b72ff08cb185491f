#include "app/run_stages.h"

#include <algorithm>
#include <cstdio>

#include "analytics/bar_builder.h"
#include "app/control_socket.h"
#include "app/exit_codes.h"
#include "app/exports.h"
#include "app/logging.h"
#include "app/open_sinks.h"
#include "app/progress_bar.h"
#include "app/stop_signal.h"
#include "formats/output.h"
#include "serve/status_json.h"

namespace tickerhouse::app {
namespace {

runtime::PipelineOptions pipeline_options(const Config& config, const OpenDirectory& directory,
                                          const RunOptions& run) {
  runtime::PipelineOptions options;
  options.ingest.settings = directory.settings;
  options.ingest.batch_records_max = config.batch_records;
  options.ingest.allowed_symbols = config.allowed_symbols;
  options.ingest.merge = run.merge;
  options.ingest.finish_cut_off = run.finish_cut_off;
  options.shard.settings = directory.settings;
  options.shard.checkpoint_directory = directory.paths.checkpoints;
  options.shard.make_operators = make_operators;
  if (config.given("ingest.batch")) options.shard.step_rows_max = config.batch_records;
  options.threads = config.threads;
  options.one_thread = run.one_thread;
  options.seed = run.seed;
  options.speed = run.speed;
  options.flush_interval = config.flush_interval;
  if (run.wait_space > 0) options.wait_space = run.wait_space;
  return options;
}

// The commonest reject reasons, each with an example of this directory.
void print_rejects(flow::Tape& tape, const flow::PipelineStatus& status) {
  std::map<std::string, std::uint64_t> counts;
  for (const flow::SourceStatus& source : status.sources)
    for (const auto& [reason, count] : source.rejects) counts[reason] += count;
  std::vector<std::pair<std::uint64_t, std::string>> commonest;
  commonest.reserve(counts.size());
  for (const auto& [reason, count] : counts) commonest.emplace_back(count, reason);
  std::sort(commonest.rbegin(), commonest.rend());
  if (commonest.size() > 3) commonest.resize(3);
  for (const auto& [count, reason] : commonest)
    std::fprintf(stderr, "  %s × %s, e.g. %s\n", grouped(count).c_str(), reason.c_str(),
                 example_of_reject(tape, reason).c_str());
}

std::uint64_t received_from(const flow::PipelineStatus& status, const std::string& source) {
  for (const flow::SourceStatus& known : status.sources)
    if (known.name == source) return known.received;
  return 0;
}

void print_summary(flow::Tape& tape, const flow::PipelineStatus& status, const std::string& source,
                   const ProgressBar& bar, const Config& config, base::DurationNanos interval) {
  const double seconds = static_cast<double>(bar.elapsed()) / 1e9;
  const flow::Ledger& total = status.total;
  std::fprintf(stderr, "%s: %s records in %s, %.1f s\n", source.c_str(), grouped(total.received).c_str(),
               config.data.c_str(), seconds);
  if (total.rejected > 0) {
    std::fprintf(stderr, "%s rejected:\n", grouped(total.rejected).c_str());
    print_rejects(tape, status);
  }
  if (total.late_kept > 0) {
    std::fprintf(stderr, "%s came too late and were kept (export late).%s\n",
                 grouped(total.late_kept).c_str(),
                 status.sources.size() > 1
                     ? " Bring files that belong together in one command, or --follow one that grows."
                     : "");
  }
  if ((total.late_kept + total.late_revised) * 100 > total.received)
    std::fprintf(stderr,
                 "More than 1 %% came late: if the file is not in order of time, load it with --sort.\n");
  std::fprintf(stderr, "next: tickerhouse export bars --data %s --interval %s\n", config.data.c_str(),
               base::format_duration(interval).c_str());
}

}  // namespace

std::vector<std::unique_ptr<flow::Operator>> make_operators(const engine::Settings& settings) {
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings));
  return operators;
}

base::Result<int> run_to_end(const Config& config, OpenDirectory& directory, flow::Source& source,
                             const RunOptions& options) {
  ASSIGN_OR_RETURN(const auto sinks, open_sinks(config, directory));
  ASSIGN_OR_RETURN(const auto control, ControlSocket::open(directory.paths.socket, sinks->store()));
  ASSIGN_OR_RETURN(const flow::PipelineStatus before,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  ProgressBar bar;
  runtime::PipelineHooks hooks;
  hooks.on_progress = [&](const runtime::SourceProgress& progress) {
    bar.show(options.fraction_done ? options.fraction_done() : -1, progress.events + progress.rejected());
  };
  hooks.on_note = log_warn;
  hooks.on_blocked = [&](base::DurationNanos waited) {
    bar.clear();
    log_warn(std::string("degraded: no room on the tape or the disk; waiting for space for ")
                 .append(base::format_duration(waited / base::kSecond * base::kSecond))
                 .append(" so far (tape.size_max is ")
                 .append(config.values.at("tape.size_max").text)
                 .append(")"));
  };
  const runtime::PipelineParts parts{*directory.tape,     &source,         sinks->all(), base::system_clock(),
                                     base::system_disk(), stop_requested()};
  auto end = runtime::run_pipeline(pipeline_options(config, directory, options), parts, hooks);
  bar.clear();
  if (!end.ok()) return end.error();
  ASSIGN_OR_RETURN(const flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  if (received_from(status, source.info().name) == 0)
    std::fprintf(stderr, "%s: holds no records\n", source.info().name.c_str());
  else if (status.total == before.total)
    std::fprintf(stderr, "%s: nothing new, it was loaded before; the ledger is that of %s\n",
                 source.info().name.c_str(), config.data.c_str());
  else
    print_summary(*directory.tape, status, source.info().name, bar, config,
                  directory.settings.intervals.front());
  std::printf("%s\n", serve::ledger_json(status.total).c_str());
  if (std::fflush(stdout) != 0) return base::Error{base::ErrorCode::io, "cannot write", "stdout"};
  if (!status.total.adds_up())
    return base::Error{base::ErrorCode::check_failed, "the ledger does not add up", config.data};
  switch (*end) {
    case runtime::PipelineEnd::finished:
      return kExitOk;
    case runtime::PipelineEnd::stopped:
      std::fprintf(stderr, "stopped; start again with the same arguments to go on\n");
      return kExitOk;
    case runtime::PipelineEnd::cut_off:
      std::fprintf(stderr,
                   "tickerhouse: the compressed input ends early: what was readable is in, the rest may come "
                   "(give the whole file), or settle with --finish\n");
      return kExitCutOff;
  }
  return kExitFailed;
}

}  // namespace tickerhouse::app

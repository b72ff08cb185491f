#include "app/run_stages.h"

#include <algorithm>
#include <cstdio>

#include "app/exit_codes.h"
#include "app/exports.h"
#include "app/logging.h"
#include "app/process/session.h"
#include "app/progress_bar.h"
#include "runtime/progress.h"
#include "serve/status_json.h"

namespace tickerhouse::app {
namespace {

SessionOptions session_options(const Config& config, const OpenDirectory& directory, const RunOptions& run) {
  SessionOptions options;
  options.pipeline = pipeline_options(config, directory);
  options.pipeline.ingest.merge = run.merge;
  options.pipeline.ingest.finish_cut_off = run.finish_cut_off;
  options.pipeline.one_thread = run.one_thread;
  options.pipeline.seed = run.seed;
  options.pipeline.speed = config.source_speed;
  if (run.append_only) options.pipeline.shards = runtime::Shards::none;
  if (run.patient) be_patient(options.pipeline);
  options.pipeline.endless = run.endless;
  if (run.wait_space > 0) options.pipeline.wait_space = run.wait_space;
  options.process.source_kind = directory.origin == flow::Origin::simulated ? "simulated" : "replay";
  options.process.speed = config.source_speed;
  options.serve = run.serve;
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

void print_summary(const OpenDirectory& directory, const flow::PipelineStatus& status,
                   const std::string& source, const ProgressBar& bar) {
  const std::string& data = directory.paths.root;
  const double seconds = static_cast<double>(bar.elapsed()) / 1e9;
  const flow::Ledger& total = status.total;
  std::fprintf(stderr, "%s: %s records in %s, %.1f s\n", source.c_str(), grouped(total.received).c_str(),
               data.c_str(), seconds);
  if (total.rejected > 0) {
    std::fprintf(stderr, "%s rejected:\n", grouped(total.rejected).c_str());
    print_rejects(*directory.tape, status);
  }
  if (total.late_kept > 0) {
    std::fprintf(stderr, "%s came too late and were kept (export late).%s\n",
                 grouped(total.late_kept).c_str(),
                 status.sources.size() > 1
                     ? " Bring files that belong together in one command, or --follow one that grows."
                     : "");
  }
  const bool sortable = directory.tape->events_of().empty();
  if (sortable && (total.late_kept + total.late_revised) * 100 > total.received)
    std::fprintf(stderr,
                 "More than 1 %% came late: if the file is not in order of time, load it with --sort.\n");
  std::fprintf(stderr, "next: tickerhouse export bars --data %s --interval %s\n", data.c_str(),
               base::format_duration(directory.settings.intervals.front()).c_str());
}

// What is not stepped yet is in no ledger: the source's own counts say what is there.
void print_appended(const flow::PipelineStatus& status, const std::string& source) {
  std::uint64_t rejected = 0;
  for (const flow::SourceStatus& known : status.sources)
    if (known.name == source)
      for (const auto& [reason, count] : known.rejects) rejected += count;
  std::fprintf(stderr, "%s: %s records, %s of them rejected; tickerhouse work turns them into bars\n",
               source.c_str(), grouped(received_from(status, source)).c_str(), grouped(rejected).c_str());
}

}  // namespace

base::Result<int> run_to_end(const Config& config, OpenDirectory& directory, flow::Source* source,
                             const RunOptions& options) {
  const std::string name = source == nullptr ? directory.tape->events_of() : source->info().name;
  ASSIGN_OR_RETURN(const flow::PipelineStatus before,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  ProgressBar bar;
  SessionOptions session_parts = session_options(config, directory, options);
  session_parts.source = source;
  session_parts.on_progress = [&](const runtime::SourceProgress& progress) {
    bar.show(options.fraction_done ? options.fraction_done() : -1, progress.events + progress.rejected());
  };
  session_parts.on_blocked = [&](base::DurationNanos waited) {
    bar.clear();
    log_warn(std::string("degraded: no room on the tape or the disk; waiting for space for ")
                 .append(base::format_duration(waited / base::kSecond * base::kSecond))
                 .append(" so far (tape.size_max is ")
                 .append(config.values.at("tape.size_max").text)
                 .append(")"));
  };
  ASSIGN_OR_RETURN(const auto session, Session::open(config, directory, std::move(session_parts)));
  if (options.serve) std::fprintf(stderr, "dashboard: %s\n", session->url().c_str());
  if (options.on_serving) options.on_serving(session->url());
  auto end = session->run();
  bar.clear();
  if (!end.ok()) return end.error();
  ASSIGN_OR_RETURN(const flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  if (options.append_only)
    print_appended(status, name);
  else if (received_from(status, name) == 0)
    std::fprintf(stderr, "%s: holds no records\n", name.c_str());
  else if (status.total == before.total)
    std::fprintf(stderr, "%s: nothing new, it was loaded before; the ledger is that of %s\n", name.c_str(),
                 config.data.c_str());
  else
    print_summary(directory, status, name, bar);
  std::printf("%s\n", serve::ledger_json(status.total).c_str());
  if (std::fflush(stdout) != 0) return base::Error{base::ErrorCode::io, "cannot write", "stdout"};
  if (!status.total.adds_up())
    return base::Error{base::ErrorCode::check_failed, "the ledger does not add up", config.data};
  if (options.serve && *end != runtime::PipelineEnd::stopped) {
    std::fprintf(stderr, "shown at %s until Ctrl-C\n", session->url().c_str());
    session->serve_until_stopped();
  }
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

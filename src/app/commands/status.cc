#include <array>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/exit_codes.h"
#include "app/process/control_socket.h"
#include "app/process/process_status.h"
#include "app/progress_bar.h"
#include "base/clock.h"
#include "runtime/progress.h"
#include "serve/status_json.h"
#include "tape/lmdb_tape.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kStatusFooter = R"(Examples:
  tickerhouse status                 one screen for people
  tickerhouse status --json          the same for programs
  tickerhouse status --watch         again every second
Exit code with --check: 0 healthy, 1 degraded, 3 stopped.)";

struct StatusFlags {
  bool json = false;
  bool watch = false;
  bool check = false;
};

std::string megabytes(std::uint64_t bytes) { return grouped(bytes / 1'000'000).append(" MB"); }

// "3.2 h", "45 h", "12 days"
std::string about_hours(double hours) {
  constexpr double kDays = 72;
  std::array<char, 32> text{};
  if (hours >= kDays)
    std::snprintf(text.data(), text.size(), "%.0f days", hours / 24);
  else
    std::snprintf(text.data(), text.size(), hours < 10 ? "%.1f h" : "%.0f h", hours);
  return text.data();
}

// Of a process that answers its socket; else empty.
RunningStatus running_status(const OpenDirectory& directory) {
  auto answer = ask_status(directory.paths.socket);
  return answer.ok() ? std::move(*answer) : RunningStatus{};
}

std::string to_screen(const flow::PipelineStatus& status, const RunningStatus& process,
                      const std::string& path) {
  const flow::Ledger& total = status.total;
  std::string out = path;
  out.append("  ").append(status.origin).append("  ");
  out.append(!status.running ? "not running" : process.summary.empty() ? "running" : process.summary);
  if (!process.url.empty()) out.append("\npages    ").append(process.url);
  out.append("\n\n");
  out.append("ledger   received ")
      .append(grouped(total.received))
      .append(" = used ")
      .append(grouped(total.used));
  out.append(" + duplicate ")
      .append(grouped(total.duplicate))
      .append(" + late_revised ")
      .append(grouped(total.late_revised));
  out.append(" + late_kept ")
      .append(grouped(total.late_kept))
      .append(" + rejected ")
      .append(grouped(total.rejected));
  out.append(" + cancelled ")
      .append(grouped(total.cancelled))
      .append(total.adds_up() ? "   exact\n" : "   DOES NOT ADD UP\n");
  std::uint64_t waiting = 0;
  for (const flow::PartitionStatus& partition : status.partitions) waiting += partition.waiting;
  out.append("waiting  ")
      .append(grouped(waiting))
      .append(" rows in ")
      .append(std::to_string(status.partitions.size()))
      .append(" partitions\n");
  for (const flow::SourceStatus& source : status.sources) {
    out.append("source   ")
        .append(source.name)
        .append("  ")
        .append(source.finished    ? "finished"
                : source.truncated ? "cut off"
                                   : "unfinished");
    out.append("  received ").append(grouped(source.received));
    if (source.skipped > 0) out.append("  skipped ").append(grouped(source.skipped));
    if (source.rounded > 0) out.append("  rounded ").append(grouped(source.rounded));
    if (source.watermark != base::kNoTime) {
      out.append("  watermark ");
      base::append_iso_time(out, source.watermark);
    }
    out.append("\n");
    for (const auto& [reason, count] : source.rejects)
      out.append("           ").append(grouped(count)).append(" × ").append(reason).append("\n");
  }
  std::map<std::string, std::uint64_t> lag;
  for (const flow::SinkStatus& sink : status.sinks) lag[sink.name] += sink.lag;
  for (const auto& [name, rows] : lag)
    out.append("sink     ").append(name).append("  lag ").append(grouped(rows)).append(" rows\n");
  out.append("tape     ");
  if (status.tape.bytes_max == 0) {
    out.append("Kafka");
  } else {
    out.append(megabytes(status.tape.bytes_used)).append(" of ").append(megabytes(status.tape.bytes_max));
  }
  out.append("; disk free ").append(megabytes(status.tape.disk_free_bytes));
  if (status.tape.hours_left)
    out.append("; at this pace full in ").append(about_hours(*status.tape.hours_left));
  out.append("\n");
  for (const std::string& problem : status.problems) out.append("problem  ").append(problem).append("\n");
  return out;
}

base::Result<int> show_status(const CommandLine& line, const StatusFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  for (;;) {
    ASSIGN_OR_RETURN(const flow::PipelineStatus status, directory_status(directory));
    const RunningStatus process = status.running ? running_status(directory) : RunningStatus{};
    const auto json = [&] { return process.json.empty() ? serve::status_json(status) : process.json; };
    if (flags.watch && ::isatty(STDOUT_FILENO) != 0) std::fputs("\033[2J\033[H", stdout);
    const std::string text =
        flags.json ? json().append("\n") : to_screen(status, process, config.data).append(lost_rows(status));
    std::fputs(text.c_str(), stdout);
    if (std::fflush(stdout) != 0) return base::Error{base::ErrorCode::io, "cannot write", "stdout"};
    if (!flags.watch) {
      constexpr int kStopped = 3;
      if (!flags.check) return kExitOk;
      if (!status.problems.empty()) return kExitFailed;
      return status.running ? kExitOk : kStopped;
    }
    base::system_clock().sleep_for(base::kSecond);
  }
}

}  // namespace

void add_status(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("status", "the ledger, sources, partitions, sinks and problems of a data directory");
  auto flags = std::make_shared<StatusFlags>();  // lives in the action
  command->footer(kStatusFooter);
  command->add_flag("--json", flags->json, "one JSON object");
  command->add_flag("--watch", flags->watch, "again every second");
  command->add_flag("--check", flags->check, "say health by the exit code");
  add_setting_flags(*command, line, {"data", "kafka.", "log."});
  set_action(*command, line, [&line, flags] { return show_status(line, *flags); });
}

}  // namespace tickerhouse::app

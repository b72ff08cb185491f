// stop, logs, reset: what one does to a process in the background and to its directory.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <thread>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/directory/tapes.h"
#include "app/exit_codes.h"
#include "app/process/control_socket.h"
#include "app/process/stop_signal.h"
#include "base/clock.h"

namespace tickerhouse::app {
namespace {

// A stop takes 10 s at most, but what was begun on Kafka waits for its brokers, a request for half a minute.
constexpr base::DurationNanos kStopPatience = 20 * base::kSecond;
constexpr base::DurationNanos kKafkaStopPatience = 90 * base::kSecond;
constexpr base::DurationNanos kPoll = 100 * base::kMillisecond;

base::Result<int> stop(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  const DirectoryPaths paths(config.data);
  if (!is_running(paths)) {
    std::fprintf(stderr, "nothing runs on %s\n", config.data.c_str());
    return kExitOk;
  }
  RETURN_IF_ERROR(ask_to_stop(paths.socket));
  base::Clock& clock = base::system_clock();
  const base::DurationNanos begin = clock.monotonic_now();
  const bool kafka = std::string_view(tape_kind(paths)) == "kafka";
  bool told = false;
  while (is_running(paths)) {
    const base::DurationNanos waited = clock.monotonic_now() - begin;
    if (kafka && !told && waited > kStopPatience)
      std::fprintf(stderr, "it waits for its brokers, for %d s at most\n",
                   static_cast<int>((kKafkaStopPatience - waited) / base::kSecond));
    told = waited > kStopPatience;
    if (waited > (kafka ? kKafkaStopPatience : kStopPatience))
      return base::Error{base::ErrorCode::check_failed, "it still has not ended; its log says why",
                         config.data};
    clock.sleep_for(kPoll);
  }
  std::fprintf(stderr, "stopped; everything is flushed\n");
  return kExitOk;
}

struct LogFlags {
  bool follow = false;
  std::uint64_t lines = 100;
};

// Where the last `lines` lines of a file begin.
std::streamoff tail_of(std::ifstream& file, std::uint64_t lines) {
  file.seekg(0, std::ios::end);
  std::streamoff at = file.tellg();
  std::uint64_t seen = 0;
  while (at > 0) {
    file.seekg(at - 1);
    if (file.peek() == '\n' && ++seen > lines) break;
    --at;
  }
  return at;
}

base::Result<int> logs(const CommandLine& line, const LogFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  const DirectoryPaths paths(config.data);
  std::ifstream file(paths.log_file(), std::ios::binary);
  if (!file)
    return base::Error{base::ErrorCode::not_found,
                       "no log: only a process in the background writes one (run --detach)",
                       paths.log_file()};
  file.seekg(tail_of(file, flags.lines));
  std::string text;
  do {
    while (std::getline(file, text)) {
      const bool whole = !file.eof();
      std::fputs(text.c_str(), stdout);
      if (whole) std::fputc('\n', stdout);
    }
    if (std::fflush(stdout) != 0) return kExitFailed;
    file.clear();
    if (flags.follow) base::system_clock().sleep_for(kPoll);
  } while (flags.follow && !stop_requested());
  return kExitOk;
}

// Only what is ours goes; a directory with other things in it stays.
base::Result<int> reset(const CommandLine& line, bool yes) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  const DirectoryPaths paths(config.data);
  if (!std::filesystem::exists(paths.tape) && !std::filesystem::exists(paths.kafka))
    return base::Error{base::ErrorCode::not_found, "no data directory: there is nothing to remove",
                       config.data};
  ASSIGN_OR_RETURN(const base::FileLock lock, base::FileLock::acquire(paths.lock, 0));
  if (!yes) {
    std::fprintf(stderr, "this removes the tape, the store and the history in %s for good; say --yes\n",
                 config.data.c_str());
    return kExitUsage;
  }
  std::error_code code;
  const bool elsewhere = is_shared_tape(paths) && !std::filesystem::exists(paths.broker);
  for (const std::string& path :
       {paths.tape, paths.kafka, paths.kafka_lock, paths.broker, paths.checkpoints, paths.history, paths.logs,
        paths.store, paths.store + ".wal", paths.socket}) {
    std::filesystem::remove_all(path, code);
    if (code) return base::Error{base::ErrorCode::io, code.message(), path};
  }
  for (const char* sink : {"duckdb", "parquet", "csv"}) std::filesystem::remove(paths.sink_lock(sink), code);
  std::filesystem::remove(paths.lock, code);
  std::filesystem::remove(paths.root, code);  // if nothing else is in it
  std::fprintf(stderr, "removed; %s is as new%s\n", config.data.c_str(),
               elsewhere ? ". The topics stay on the brokers: tickerhouse topic delete removes them" : "");
  return kExitOk;
}

}  // namespace

void add_process_commands(CLI::App& app, CommandLine& line) {
  auto* stopping = app.add_subcommand("stop", "end the process that runs on a data directory, all flushed");
  add_setting_flags(*stopping, line, {"data"});
  set_action(*stopping, line, [&line] { return stop(line); });

  auto* logging = app.add_subcommand("logs", "what a process in the background has said");
  auto flags = std::make_shared<LogFlags>();  // lives in the action
  logging->add_flag("-f,--follow", flags->follow, "and what it says from now on");
  logging->add_option("-n,--lines", flags->lines, "how many of the last lines [100]");
  add_setting_flags(*logging, line, {"data"});
  set_action(*logging, line, [&line, flags] { return logs(line, *flags); });

  auto* resetting = app.add_subcommand("reset", "remove all data of a directory");
  auto yes = std::make_shared<bool>(false);
  resetting->add_flag("--yes", *yes, "really");
  add_setting_flags(*resetting, line, {"data"});
  set_action(*resetting, line, [&line, yes] { return reset(line, *yes); });
}

}  // namespace tickerhouse::app

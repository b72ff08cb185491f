#include <cstdio>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/logging.h"
#include "app/open_sinks.h"
#include "app/process/session.h"
#include "app/process/stop_signal.h"
#include "base/clock.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kSinkFooter = R"(Examples:
  tickerhouse sink parquet --data ./lake --tape kafka --brokers kafka1:9092 --pipeline prod
  tickerhouse sink duckdb --data ./feed --exit-at-end
Sinks: duckdb (DATA/store.duckdb), parquet and csv (DATA/history), console (stdout). Only on a tape that processes
share; replay, simulate and run have their sinks themselves.)";

struct SinkFlags {
  std::string name;
  bool exit_at_end = false;
};

// Switches all sinks off but the one.
base::Status choose(Config& config, const std::string& name) {
  config.store = name == "duckdb";
  config.history_parquet = name == "parquet";
  config.history_csv = name == "csv";
  if (name != "console") config.console_every = 0;
  if (name == "console" && config.console_every == 0) config.console_every = 1'000;
  if (config.store || config.history_parquet || config.history_csv || name == "console") return {};
  return base::Error{base::ErrorCode::invalid_argument,
                     std::string("\"").append(name).append("\" is none of duckdb, parquet, csv, console"),
                     "sink"};
}

base::Result<int> run_sink(const CommandLine& line, const SinkFlags& flags) {
  ASSIGN_OR_RETURN(Config config, line.load());
  RETURN_IF_ERROR(choose(config, flags.name));
  ASSIGN_OR_RETURN(const OpenDirectory directory, join_directory(config, false));
  ASSIGN_OR_RETURN(const auto sinks, open_sinks(config, directory));
  runtime::PipelineOptions options = pipeline_options(config, directory);
  options.shards = runtime::Shards::none;
  options.endless = !flags.exit_at_end;
  if (options.endless) be_patient(options);
  const runtime::PipelineParts parts{*directory.tape,
                                     nullptr,
                                     sinks->all(),
                                     base::system_clock(),
                                     directory.checkpoints.get(),
                                     stop_requested(),
                                     [&](flow::Sink& sink) { return sinks->reopen(sink); }};
  runtime::PipelineHooks hooks;
  hooks.on_note = log_warn;
  std::fprintf(stderr, "sink %s writes into %s\n", flags.name.c_str(), config.data.c_str());
  ASSIGN_OR_RETURN([[maybe_unused]] const runtime::PipelineEnd end,
                   runtime::run_pipeline(options, parts, hooks));
  return kExitOk;
}

}  // namespace

void add_sink(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("sink", "one sink of a pipeline on a shared tape, as a process");
  auto flags = std::make_shared<SinkFlags>();  // lives in the action
  command->footer(kSinkFooter);
  command->add_option("name", flags->name, "duckdb, parquet, csv or console")->required();
  command->add_flag("--exit-at-end", flags->exit_at_end, "stop when it has all that is there");
  add_setting_flags(*command, line,
                    {"data", "tape.kind", "tape.durability", "tape.accept_gap", "kafka.", "store.memory",
                     "sinks.", "history.interval", "history.rows", "console.", "log."});
  set_action(*command, line, [&line, flags] { return run_sink(line, *flags); });
}

}  // namespace tickerhouse::app

#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/dry_run.h"
#include "app/inputs.h"

namespace tickerhouse::app {
namespace {

struct ReplayFlags {
  InputFlags input;
  bool dry_run = false;
  std::string wait_space;
  RunOptions run;
};

constexpr const char* kReplayFooter = R"(Examples:
  tickerhouse replay trades.jsonl                                     our own JSON, Finnhub, Alpaca, Yahoo shapes; CSV with our column names
  tickerhouse replay day1.csv.gz day2.csv.gz --sort                   one input, any order, compressed or not
  tickerhouse replay executions.csv --map ts=Time,price=Price*0.0001,size=Volume --zone America/New_York --symbol AMZN
  tickerhouse replay raw.gz --mapping examples/mappings/binance_raw.toml --dry-run
  producer | tickerhouse replay - --data ./data
  tickerhouse replay --topic ticks --brokers kafka1:9092              what a topic of somebody else's holds now
  tickerhouse replay --topic ticks --keyed symbol --tape kafka --brokers kafka1:9092 --pipeline p    the same, not copied
Killed and started again with the same arguments it goes on where it stood. The last line on stdout is the ledger.)";

base::Result<int> replay(const CommandLine& line, ReplayFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(InputOptions options, input_options(config, flags.input));
  if (!flags.wait_space.empty()) {
    const auto patience = base::parse_duration(flags.wait_space);
    if (!patience)
      return base::Error{base::ErrorCode::invalid_argument, "expected a duration such as 5m", "--wait-space"};
    flags.run.wait_space = *patience;
  }
  ASSIGN_OR_RETURN(const bool of_others, has_events_of_others(config, !flags.input.files.empty()));
  if (of_others && !flags.dry_run) return step_events_of_others(config, flags.input.mapping, flags.run);
  RETURN_IF_ERROR(check_input(config, options));
  if (flags.dry_run) return dry_run(std::move(options));
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::recorded));
  return load_input(config, directory, std::move(options), flags.run);
}

}  // namespace

void add_replay(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "replay", "load recorded files, standard input (-), a growing file or a topic, to the last exact bar");
  auto flags = std::make_shared<ReplayFlags>();  // lives in the action
  command->footer(kReplayFooter);
  add_input_flags(*command, flags->input, flags->run);
  command->add_flag("--dry-run", flags->dry_run, "show ten mapped records and the rejects; write nothing");
  command->add_flag("--serve", flags->run.serve, "show it on the dashboard, and stay when it is loaded");
  command->add_option("--wait-space", flags->wait_space,
                      "how long to wait for space on a full tape or disk [5m]");
  command->add_flag("--one-thread", flags->run.one_thread,
                    "all stages take turns on one thread; the same bytes");
  command->add_option("--seed", flags->run.seed, "of the order of turns with --one-thread");
  add_setting_flags(*command, line,
                    {"data", "source.speed", "source.topic", "source.keyed", "ingest.", "engine.", "tape.",
                     "kafka.", "store.", "sinks.", "history.", "console.", "serve.", "log."});
  set_action(*command, line, [&line, flags] { return replay(line, *flags); });
}

}  // namespace tickerhouse::app

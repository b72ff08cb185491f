#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/inputs.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kProduceFooter = R"(Examples:
  tickerhouse produce trades.jsonl --data ./feed --tape kafka --brokers kafka1:9092 --pipeline prod
  feed | tickerhouse produce - --data ./feed --tape kafka --brokers kafka1:9092 --pipeline prod
  tickerhouse produce trades.jsonl --follow                 the file grows
  tickerhouse produce --topic ticks --follow --data ./feed --tape kafka --brokers kafka1:9092 --pipeline prod    a topic of others
The first half of replay: records are validated, keyed by symbol and appended to topic events, exactly once however
often it is killed and started again. work turns them into bars.)";

struct ProduceFlags {
  InputFlags input;
  RunOptions run;
};

base::Result<int> produce(const CommandLine& line, ProduceFlags& flags) {
  ASSIGN_OR_RETURN(Config config, line.load());
  config.store = config.history_parquet = config.history_csv = false;
  config.console_every = 0;
  ASSIGN_OR_RETURN(InputOptions options, input_options(config, flags.input));
  if (!config.source_keyed.empty() && !options.topic.empty())
    return base::Error{
        base::ErrorCode::configuration,
        "makes the topic itself the events of the tape: there is nothing to append (replay or run "
        "sets it up, work steps it)",
        "source.keyed"};
  RETURN_IF_ERROR(check_input(config, options));
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::recorded));
  flags.run.append_only = true;
  flags.run.patient = true;
  return load_input(config, directory, std::move(options), flags.run);
}

}  // namespace

void add_produce(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "produce",
      "append the records of files, standard input (-) or a topic to the tape, for workers to step");
  auto flags = std::make_shared<ProduceFlags>();  // lives in the action
  command->footer(kProduceFooter);
  add_input_flags(*command, flags->input, flags->run);
  add_setting_flags(
      *command, line,
      {"data", "source.speed", "source.topic", "ingest.", "engine.", "tape.", "kafka.", "log."});
  set_action(*command, line, [&line, flags] { return produce(line, *flags); });
}

}  // namespace tickerhouse::app

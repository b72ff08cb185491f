#include <memory>
#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/demo_market.h"
#include "app/exit_codes.h"
#include "app/process/stop_signal.h"
#include "app/run_stages.h"
#include "app/text_output.h"
#include "sources/simulator/simulator.h"
#include "sources/simulator/truth.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kSimulateFooter = R"(Examples:
  tickerhouse simulate --seed 1 --events 100000 --symbols 10 --data ./data
  tickerhouse simulate --seed 7 --events 1000000 --rate 5000 --fault late=0.01 --fault malformed=0.001 --output feed.jsonl --truth truth.csv
  tickerhouse simulate --seed 1 --events 5000 --rate 50 --speed 1 --data ./data      as fast as it would happen
The same arguments give the same bytes. Faults: late, out_of_order, duplicate, gap, malformed, future, each with its rate.
--truth FILE: the bars that must come out, as the simulator knows them.)";

struct SimulateFlags {
  std::uint64_t seed = 1;
  std::uint64_t events = 0;
  std::string start = "2026-01-05T14:30:00Z";
  std::vector<std::string> faults;
  std::string output;
  std::string truth;
  RunOptions run;
};

base::Result<sources::SimulatorOptions> simulator_options(const SimulateFlags& flags, const Config& config,
                                                          const engine::Settings& settings) {
  sources::SimulatorOptions options;
  options.seed = flags.seed;
  options.events = flags.events;
  options.rate = config.simulator_rate;
  options.bound = settings.bound;
  options.allowed_lateness = settings.allowed_lateness;
  options.skew = settings.skew;
  ASSIGN_OR_RETURN(options.symbols, simulated_symbols(config));
  for (const std::string& fault : flags.faults) RETURN_IF_ERROR(sources::parse_fault(fault, options.faults));
  const auto date = base::parse_date(flags.start);
  const auto start = date ? std::optional(*date * base::kDay) : base::parse_iso_time(flags.start);
  if (!start)
    return base::Error{base::ErrorCode::invalid_argument, "expected a date or an ISO time", "--start"};
  options.start = *start;
  RETURN_IF_ERROR(sources::check(options));
  return options;
}

base::Status write_truth(const SimulateFlags& flags, const sources::SimulatorOptions& options,
                         const engine::Settings& settings) {
  if (flags.truth.empty()) return {};
  ASSIGN_OR_RETURN(const sources::TrueBars truth, sources::true_bars(options, settings.intervals));
  std::string text;
  truth.append_csv(text);
  ASSIGN_OR_RETURN(const auto output, TextOutput::open(flags.truth));
  RETURN_IF_ERROR(output->write(text));
  return output->finish();
}

base::Result<int> write_lines(const SimulateFlags& flags, const Config& config) {
  ASSIGN_OR_RETURN(const auto options, simulator_options(flags, config, config.engine));
  ASSIGN_OR_RETURN(const auto records, sources::SimulatorRecords::open(options));
  ASSIGN_OR_RETURN(const auto output, TextOutput::open(flags.output == "-" ? "" : flags.output));
  constexpr std::size_t kFlush = std::size_t{1} << 20U;
  std::string text;
  while (records->next() && !stop_requested()) {
    records->append_line(text);
    if (text.size() < kFlush) continue;
    RETURN_IF_ERROR(output->write(text));
    text.clear();
  }
  if (stop_requested()) return kExitFailed;  // the file does not appear
  RETURN_IF_ERROR(output->write(text));
  RETURN_IF_ERROR(output->finish());
  RETURN_IF_ERROR(write_truth(flags, options, config.engine));
  return kExitOk;
}

base::Result<int> simulate(const CommandLine& line, SimulateFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  if (flags.events == 0)
    return base::Error{base::ErrorCode::invalid_argument, "expected how many events to simulate, from 1",
                       "--events"};
  if (!flags.output.empty()) return write_lines(flags, config);
  if (!config.allowed_symbols.empty())
    return base::Error{base::ErrorCode::configuration,
                       "a list of allowed symbols is for feeds from outside; choose the simulated ones with "
                       "--symbols",
                       "ingest.symbols"};
  // Mistakes first: a directory is only made for a run that can start.
  ASSIGN_OR_RETURN(const auto checked, simulator_options(flags, config, config.engine));
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::simulated));
  ASSIGN_OR_RETURN(const auto options, simulator_options(flags, config, directory.settings));
  ASSIGN_OR_RETURN(const auto source, sources::make_simulator(options));
  ASSIGN_OR_RETURN(const int code, run_to_end(config, directory, source.get(), flags.run));
  if (code == kExitOk) RETURN_IF_ERROR(write_truth(flags, options, directory.settings));
  return code;
}

}  // namespace

void add_simulate(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("simulate", "a bounded, seeded market with faults, into a directory or a file");
  auto flags = std::make_shared<SimulateFlags>();  // lives in the action
  command->footer(kSimulateFooter);
  command->add_option("--seed", flags->seed, "everything follows from it [1]");
  command->add_option("--events", flags->events, "how many happen")->required();
  command->add_option("--start", flags->start, "time of the first one [2026-01-05T14:30:00Z]");
  command->add_option("--fault", flags->faults, "NAME=RATE, 0 to 1 (repeats)")->take_all();
  command->add_option("--output", flags->output, "JSON lines into this file instead of --data; - is stdout");
  command->add_option("--truth", flags->truth, "write the true bars as CSV");
  command->add_flag("--one-thread", flags->run.one_thread,
                    "all stages take turns on one thread; the same bytes");
  add_setting_flags(*command, line,
                    {"data", "source.speed", "ingest.bound", "ingest.skew", "ingest.batch", "engine.",
                     "tape.", "kafka.", "store.", "sinks.", "history.", "console.", "simulator.", "log."});
  set_action(*command, line, [&line, flags] { return simulate(line, *flags); });
}

}  // namespace tickerhouse::app

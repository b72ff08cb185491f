#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/demo_market.h"
#include "app/directory/tapes.h"
#include "app/exit_codes.h"
#include "app/inputs.h"
#include "app/logging.h"
#include "app/mapping_flags.h"
#include "app/process/detach.h"
#include "app/process/session.h"
#include "app/progress_bar.h"
#include "app/version.h"
#include "runtime/progress.h"
#include "serve/status_json.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kRunFooter = R"(Examples:
  tickerhouse run                              the demo: a simulated market, the whole pipeline, pages at http://127.0.0.1:8080
  tickerhouse run --detach                     in the background; then: stop, logs -f, status
  tickerhouse run --symbols AAPL,MSFT --rate 200 --catch-up 1h --data /tmp/demo
  tickerhouse run --files trades.jsonl --follow --data ./mine            a file that grows, in place of the demo
  tickerhouse run --config mine.toml           the same, as source.files and source.follow say
  tickerhouse run --topic ticks --brokers kafka1:9092    a topic that others write, as it comes
  tickerhouse run --topic ticks --keyed symbol --tape kafka --brokers kafka1:9092 --pipeline p    and it is the tape's events itself
Ctrl-C ends it within 10 s: what is appended is finished and flushed. kill -9 loses nothing either.)";

constexpr std::uint64_t kDemoTapeBytes = 2'000'000'000;
constexpr base::DurationNanos kDemoTapeAge = 2 * base::kDay;

struct RunFlags {
  DemoFlags demo;
  bool detach = false;
};

std::string address_line(const std::string& url) {
  return std::string("dashboard: ").append(url).append("\n");
}

// What the command in front of a background process says.
std::string ready_text(const Config& config, const std::string& url) {
  std::string text = address_line(url).append("stop it with: tickerhouse stop");
  if (config.given("data")) text.append(" --data ").append(config.data);
  return text.append("\n");
}

base::Result<std::optional<Background>> go_on_in_background(const Config& config, bool wanted) {
  if (!wanted) return std::optional<Background>();
  const DirectoryPaths paths(config.data);
  RETURN_IF_ERROR(base::make_directories(paths.logs));
  ASSIGN_OR_RETURN(Background entered, Background::enter(paths.log_file()));
  return std::optional(std::move(entered));
}

void say_start(const Config& config, const DemoMarket& demo, const Session& session) {
  std::fprintf(stderr, "tickerhouse %s: a simulated market, %s symbols, %g events/s; data in %s\n%s",
               version_number().c_str(), grouped(demo.symbols).c_str(), demo.rate, config.data.c_str(),
               address_line(session.url()).c_str());
  if (!config.given("serve.port") && !session.url().ends_with(":" + std::to_string(config.serve_port)))
    std::fprintf(stderr, "(port %u is taken by another program; --port names one)\n", config.serve_port);
}

// While the market of the past comes in.
class CatchUp {
 public:
  explicit CatchUp(const sources::DemoSource& source) : source_(source) {}
  void show(const runtime::SourceProgress& progress) {
    if (done_) return;
    const double fraction = source_.caught_up();
    if (fraction < 1) {
      bar_.show(fraction, progress.events + progress.rejected());
      return;
    }
    done_ = true;
    bar_.clear();
    log_info(std::string("caught up with the present: ")
                 .append(grouped(progress.events))
                 .append(" events so far"));
  }

 private:
  const sources::DemoSource& source_;
  ProgressBar bar_;
  bool done_ = false;
};

base::Result<int> run_demo(Config config, const RunFlags& flags) {
  if (!config.given("tape.size_max")) config.tape_size_max = kDemoTapeBytes;
  if (!config.given("tape.retention_size")) config.retention_bytes = config.tape_size_max / 10 * 9;
  ASSIGN_OR_RETURN(std::optional<Background> background, go_on_in_background(config, flags.detach));
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::simulated));
  // How much room the topics take is not ours to know; nor is it endless.
  if (is_shared_tape(directory.paths) && !config.given("tape.retention_age"))
    config.retention_age = kDemoTapeAge;
  ASSIGN_OR_RETURN(DemoMarket demo, open_demo(config, directory, flags.demo));
  SessionOptions options;
  options.pipeline = pipeline_options(config, directory);
  be_patient(options.pipeline);
  options.serve = true;
  attach_demo(demo, options);
  CatchUp catch_up(*demo.source);
  options.on_progress = [&](const runtime::SourceProgress& progress) { catch_up.show(progress); };
  options.on_blocked = [](base::DurationNanos waited) {
    log_warn(std::string("degraded: no room on the tape or the disk; ingest waits, for ")
                 .append(base::format_duration(waited / base::kSecond * base::kSecond))
                 .append(" so far"));
  };
  ASSIGN_OR_RETURN(const auto session, Session::open(config, directory, std::move(options)));
  say_start(config, demo, *session);
  if (background) background->ready(ready_text(config, session->url()));
  ASSIGN_OR_RETURN([[maybe_unused]] const runtime::PipelineEnd end, session->run());
  ASSIGN_OR_RETURN(const flow::PipelineStatus status, directory_status(directory));
  std::fprintf(stderr, "stopped; everything is flushed, start again to go on\n");
  std::printf("%s\n", serve::ledger_json(status.total).c_str());
  return kExitOk;
}

// What source.files or source.topic names, in place of the demo.
base::Result<int> run_input(const Config& config, const RunFlags& flags, bool of_others) {
  if (!flags.demo.faults.empty())
    return base::Error{base::ErrorCode::invalid_argument, "faults are of the demo, not of files", "--fault"};
  if (flags.demo.seed)
    return base::Error{base::ErrorCode::invalid_argument, "the seed is of the demo, not of files", "--seed"};
  InputOptions input;
  input.paths = config.source_files;
  input.topic = config.source_topic;
  input.follow = config.source_follow || !input.topic.empty();
  MappingFlags mapping;
  mapping.file = config.source_mapping;
  ASSIGN_OR_RETURN(input.mapping, read_mapping(mapping));
  if (!of_others) RETURN_IF_ERROR(check_input(config, input));
  if (flags.detach && !input.paths.empty() && input.paths.front() == "-")
    return base::Error{base::ErrorCode::invalid_argument, "in the background there is no standard input",
                       "--detach"};
  RunOptions options;
  options.serve = true;
  options.patient = true;
  ASSIGN_OR_RETURN(std::optional<Background> background, go_on_in_background(config, flags.detach));
  options.on_serving = [&](const std::string& url) {
    if (background) background->ready(ready_text(config, url));
  };
  options.endless = of_others;
  if (of_others) return step_events_of_others(config, mapping, options);
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, flow::Origin::recorded));
  return load_input(config, directory, std::move(input), std::move(options));
}

base::Result<int> run_directory(const CommandLine& line, const RunFlags& flags) {
  ASSIGN_OR_RETURN(Config config, line.load());
  ASSIGN_OR_RETURN(const bool of_others, has_events_of_others(config, !config.source_files.empty()));
  const bool demo = config.source_files.empty() && config.source_topic.empty() && !of_others;
  return demo ? run_demo(std::move(config), flags) : run_input(config, flags, of_others);
}

}  // namespace

void add_run(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("run",
                                     "the demo, a live simulated market, or the files or the topic of a "
                                     "configuration: the pipeline and its pages");
  auto flags = std::make_shared<RunFlags>();  // lives in the action
  command->footer(kRunFooter);
  command->add_option("--seed", flags->demo.seed, "of the market [1]");
  command->add_option("--fault", flags->demo.faults, "NAME=RATE, 0 to 1 (repeats)")->take_all();
  command->add_flag("--detach", flags->detach, "in the background, its words in DATA/logs");
  add_setting_flags(
      *command, line,
      {"data", "ingest.bound", "ingest.skew", "ingest.idle", "ingest.batch", "engine.", "tape.", "kafka.",
       "store.", "sinks.", "history.", "console.", "source.", "simulator.", "demo.", "serve.", "log."});
  set_action(*command, line, [&line, flags] { return run_directory(line, *flags); });
}

}  // namespace tickerhouse::app

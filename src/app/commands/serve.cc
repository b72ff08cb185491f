#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/directory/tapes.h"
#include "app/exit_codes.h"
#include "app/process/session.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kServeFooter = R"(Examples:
  tickerhouse serve --data ./data              the pages of a directory that nothing feeds
  tickerhouse replay trades.jsonl --serve      load, then show
  tickerhouse serve --data ./pages --tape kafka --brokers kafka1:9092 --pipeline prod     beside produce and work)";

base::Result<OpenDirectory> open(const Config& config, bool shared) {
  if (shared) return join_directory(config, false);
  ASSIGN_OR_RETURN(const flow::Origin origin, origin_of(config));
  return open_directory(config, origin);
}

// Of a shared tape only the pages and what they read: the other parts are other processes'.
base::Result<int> serve_directory(const CommandLine& line) {
  ASSIGN_OR_RETURN(Config config, line.load());
  const DirectoryPaths paths(config.data);
  const bool shared = is_shared_tape(paths) || config.tape_kind == "kafka";
  ASSIGN_OR_RETURN(OpenDirectory directory, open(config, shared));
  if (shared) config.history_parquet = config.history_csv = false;
  SessionOptions options;
  options.pipeline = pipeline_options(config, directory);
  if (shared) {
    options.pipeline.shards = runtime::Shards::none;
    options.pipeline.endless = true;
    options.control = false;
    be_patient(options.pipeline);
  }
  options.process.source_kind = "none";
  options.serve = true;
  ASSIGN_OR_RETURN(const auto session, Session::open(config, directory, std::move(options)));
  std::fprintf(stderr, "dashboard: %s  (data in %s; Ctrl-C ends it)\n", session->url().c_str(),
               config.data.c_str());
  ASSIGN_OR_RETURN([[maybe_unused]] const runtime::PipelineEnd end, session->run());
  session->serve_until_stopped();
  return kExitOk;
}

}  // namespace

void add_serve(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("serve", "the pages and the API of a data directory, without a source");
  command->footer(kServeFooter);
  add_setting_flags(*command, line,
                    {"data", "engine.threads", "tape.", "kafka.", "store.", "history.", "serve.", "log."});
  set_action(*command, line, [&line] { return serve_directory(line); });
}

}  // namespace tickerhouse::app

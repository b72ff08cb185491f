#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/process/session.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  tickerhouse serve --data ./data              the pages of a directory that nothing feeds
  tickerhouse replay trades.jsonl --serve      load, then show)";

base::Result<int> serve_directory(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const flow::Origin origin, origin_of(config.data));
  ASSIGN_OR_RETURN(OpenDirectory directory, open_directory(config, origin));
  SessionOptions options;
  options.pipeline = pipeline_options(config, directory);
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
  command->footer(kFooter);
  add_setting_flags(*command, line,
                    {"data", "engine.threads", "tape.", "store.", "history.", "serve.", "log."});
  set_action(*command, line, [&line] { return serve_directory(line); });
}

}  // namespace tickerhouse::app

// check, config and version: the commands that touch no data; and the one that no person types.
#include <cstdio>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/config/settings.h"
#include "app/version.h"
#include "sinks/sql/sql_worker.h"

namespace tickerhouse::app {

void add_check(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("check", "read the configuration as a run would, and say every mistake");
  auto flag = std::make_shared<bool>(false);  // lives in the action
  command->footer(
      "Examples:\n  tickerhouse check --show\n  TICKERHOUSE_INGEST_BOUND=10s tickerhouse check --show "
      "--config my.toml");
  command->add_flag("--show", *flag, "print each value and where it came from");
  add_setting_flags(*command, line,
                    {"data", "ingest.", "engine.", "tape.", "kafka.", "store.", "sinks.", "history.",
                     "console.", "source.", "simulator.", "demo.", "serve.", "log."});
  set_action(*command, line, [&line, flag]() -> base::Status {
    ASSIGN_OR_RETURN(const Config config, line.load());
    std::fputs(*flag ? show(config).c_str() : "the configuration is good\n", stdout);
    return {};
  });
}

void add_config(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "config", "init: write a commented tickerhouse.toml; docs: print the table of all settings");
  auto what = std::make_shared<std::string>();  // lives in the action
  command->add_option("what", *what, "init or docs")->required()->check(CLI::IsMember({"init", "docs"}));
  set_action(*command, line, [what]() -> base::Status {
    if (*what == "docs") {
      std::fputs(configuration_page().c_str(), stdout);
      return {};
    }
    const std::string path = "tickerhouse.toml";
    if (std::ifstream(path))
      return base::Error{base::ErrorCode::configuration, "is there already; nothing was changed", path};
    std::ofstream out(path);
    out << commented_file();
    if (!out.flush()) return base::Error{base::ErrorCode::io, "cannot write", path};
    std::fprintf(stderr, "wrote %s\n", path.c_str());
    return {};
  });
}

void add_version(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("version", "the version, the compiler and what the code was generated for");
  set_action(*command, line, []() -> base::Status {
    std::fputs(version_text().c_str(), stdout);
    return {};
  });
}

void add_sql_worker(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(kSqlWorkerCommand, "")->group("");  // not shown
  set_action(*command, line, []() -> base::Result<int> { return sinks::run_sql_worker(); });
}

}  // namespace tickerhouse::app

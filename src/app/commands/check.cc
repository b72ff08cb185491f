// check, config and version: the commands that touch no data.
#include <cstdio>
#include <fstream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/settings.h"
#include "app/version.h"

namespace tickerhouse::app {

void add_check(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand("check", "read the configuration as a run would, and say every mistake");
  auto flag = std::make_shared<bool>(false);  // lives in the callbacks below
  command->footer(
      "Examples:\n  tickerhouse check --show\n  TICKERHOUSE_INGEST_BOUND=10s tickerhouse check --show "
      "--config my.toml");
  command->add_flag("--show", *flag, "print each value and where it came from");
  add_setting_flags(*command, line,
                    {"data", "ingest.", "engine.", "tape.", "store.", "console.", "simulator.", "log."});
  command->callback([&line, flag] {
    line.action = [&line, flag] {
      const auto config = line.load();
      if (!config.ok()) return fail(config.error());
      std::fputs(*flag ? show(*config).c_str() : "the configuration is good\n", stdout);
      return kExitOk;
    };
  });
}

void add_config(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "config", "init: write a commented tickerhouse.toml; docs: print the table of all settings");
  auto what = std::make_shared<std::string>();  // lives in the callbacks below
  command->add_option("what", *what, "init or docs")->required()->check(CLI::IsMember({"init", "docs"}));
  command->callback([&line, what] {
    line.action = [what] {
      if (*what == "docs") {
        std::fputs(configuration_page().c_str(), stdout);
        return kExitOk;
      }
      const std::string path = "tickerhouse.toml";
      if (std::ifstream(path))
        return fail({base::ErrorCode::configuration, "is there already; nothing was changed", path});
      std::ofstream out(path);
      out << commented_file();
      if (!out.flush()) return fail({base::ErrorCode::io, "cannot write", path});
      std::fprintf(stderr, "wrote %s\n", path.c_str());
      return kExitOk;
    };
  });
}

void add_version(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("version", "the version, the compiler and what the code was generated for");
  command->callback([&line] {
    line.action = [] {
      std::fputs(version_text().c_str(), stdout);
      return kExitOk;
    };
  });
}

}  // namespace tickerhouse::app

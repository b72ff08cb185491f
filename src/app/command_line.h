// The commands of the one binary. Each adds its subcommand with flags, examples and an action; main runs the
// one that was asked for.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/config.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}

namespace tickerhouse::app {

// What the command line says, filled by CLI11 while it parses.
struct CommandLine {
  std::map<std::string, std::string> settings;  // by key, as given by flags
  std::string config_file;
  std::function<int()> action;  // of the subcommand

  // Reads configuration and logs old names in effect; on a mistake prints every one and returns nothing.
  [[nodiscard]] base::Result<Config> load() const;
};

// Adds the flags of those settings whose keys begin with one of the prefixes.
void add_setting_flags(CLI::App& command, CommandLine& line, const std::vector<std::string>& key_prefixes);

void add_replay(CLI::App& app, CommandLine& line);
void add_simulate(CLI::App& app, CommandLine& line);
void add_export(CLI::App& app, CommandLine& line);
void add_status(CLI::App& app, CommandLine& line);
void add_verify(CLI::App& app, CommandLine& line);
void add_tail(CLI::App& app, CommandLine& line);
void add_check(CLI::App& app, CommandLine& line);
void add_config(CLI::App& app, CommandLine& line);
void add_version(CLI::App& app, CommandLine& line);

// Prints the error (each line of it) to stderr and gives its exit code.
int fail(const base::Error& error);

}  // namespace tickerhouse::app

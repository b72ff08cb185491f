// The commands of the one binary. Each adds its subcommand with flags, examples and an action; main runs the
// one that was asked for.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/config/config.h"

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

// What the subcommand does when it is the one; an error is printed and becomes the exit code.
void set_action(CLI::App& command, CommandLine& line, std::function<base::Result<int>()> run);
void set_action(CLI::App& command, CommandLine& line, std::function<base::Status()> run);

void add_run(CLI::App& app, CommandLine& line);
void add_serve(CLI::App& app, CommandLine& line);
void add_produce(CLI::App& app, CommandLine& line);
void add_work(CLI::App& app, CommandLine& line);
void add_sink(CLI::App& app, CommandLine& line);
void add_replay(CLI::App& app, CommandLine& line);
void add_simulate(CLI::App& app, CommandLine& line);
void add_process_commands(CLI::App& app, CommandLine& line);
void add_doctor(CLI::App& app, CommandLine& line);
void add_install(CLI::App& app, CommandLine& line);
void add_topic(CLI::App& app, CommandLine& line);
void add_group(CLI::App& app, CommandLine& line);
void add_demo(CLI::App& app, CommandLine& line);
void add_export(CLI::App& app, CommandLine& line);
void add_status(CLI::App& app, CommandLine& line);
void add_verify(CLI::App& app, CommandLine& line);
void add_tail(CLI::App& app, CommandLine& line);
void add_check(CLI::App& app, CommandLine& line);
void add_config(CLI::App& app, CommandLine& line);
void add_version(CLI::App& app, CommandLine& line);

// Not for people: the process of one SQL statement.
inline constexpr const char* kSqlWorkerCommand = "sql-worker";
void add_sql_worker(CLI::App& app, CommandLine& line);

}  // namespace tickerhouse::app

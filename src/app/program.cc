#include "app/program.h"

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/process/crash_report.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kProgramFooter = R"(Examples:
  tickerhouse replay trades.jsonl --data ./data        load a file, print the ledger
  tickerhouse export bars --interval 1m > bars.csv      every final bar, exact
  tickerhouse status                                    what is in ./data and what is wrong
  tickerhouse verify                                    prove that replay gives the same bytes
  tickerhouse COMMAND --help                            flags and examples of a command

Exit codes: 0 ok; 1 a check failed or work was not finished; 3 status --check: stopped; 64 usage; 65 compressed input
cut off; 66 input missing; 69 cannot install; 74 tape damaged or of a newer version; 75 directory or group in use;
78 configuration.)";

}  // namespace

int run_program(int argc, char** argv) {
  report_crashes();
  CLI::App app("Tickerhouse: market events in, exact bars out, nothing lost.", "tickerhouse");
  app.footer(kProgramFooter);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  CommandLine line;
  for (const auto add : {add_run,       add_replay,  add_serve,  add_simulate, add_produce,
                         add_work,      add_sink,    add_export, add_status,   add_verify,
                         add_tail,      add_topic,   add_group,  add_demo,     add_process_commands,
                         add_doctor,    add_install, add_check,  add_config,   add_version,
                         add_sql_worker})
    add(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  return line.action();
}

}  // namespace tickerhouse::app

#pragma once

namespace tickerhouse::app {

// The command that argv names, to its end; the exit code of the process.
int run_program(int argc, char** argv);

}  // namespace tickerhouse::app

// A recorded input and what a data directory knows of it: what `replay` and `run` with source.files open.
#pragma once

#include <string>

#include "app/data_directory.h"
#include "app/run_stages.h"
#include "sources/replay_source.h"

namespace tickerhouse::app {

// "4", "x4" or "max"; 0 is as fast as it goes.
base::Result<double> parse_speed(std::string text);

// Before anything is touched: the options go together and each file is there (`not_found`).
base::Status check_input(const sources::ReplayOptions& options);

// Loads it to its end, or until a stop is asked for; returns the exit code.
base::Result<int> load_input(const Config& config, OpenDirectory& directory, sources::ReplayOptions options,
                             RunOptions run);

}  // namespace tickerhouse::app

// A recorded input and what a data directory knows of it: what `replay` and `run` with source.files open.
#pragma once

#include "app/data_directory.h"
#include "app/run_stages.h"
#include "sources/replay_source.h"

namespace tickerhouse::app {

// Before anything is touched: the options go together and each file is there (`not_found`).
base::Status check_input(const sources::ReplayOptions& options);

// Loads it to its end, or until a stop is asked for; returns the exit code.
base::Result<int> load_input(const Config& config, OpenDirectory& directory, sources::ReplayOptions options,
                             RunOptions run);

}  // namespace tickerhouse::app

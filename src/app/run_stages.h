// One bounded run on a data directory, as replay and simulate need it: pipeline, sinks, progress, the ledger
// at the end.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/config/config.h"
#include "app/directory/data_directory.h"
#include "flow/source.h"
#include "runtime/pipeline.h"

namespace tickerhouse::app {

struct RunOptions {
  bool one_thread = false;
  std::uint64_t seed = 0;
  bool merge = false;
  bool finish_cut_off = false;
  bool serve = false;        // the pages, from the beginning and after the end until a stop is asked for
  bool append_only = false;  // the shards are other processes'
  bool patient = false;      // as in `run`: a failed stage is tried again
  bool endless = false;      // without a source: until a stop is asked for
  base::DurationNanos wait_space = 0;
  std::function<void(const std::string& url)> on_serving;  // told once, before the first record
  std::function<double()> fraction_done;                   // for the progress bar; below 0: not known
};

// Runs to the end, prints the summary to stderr and the ledger as the last line of stdout; returns the exit
// code.
// source: null where the events are a topic of others.
base::Result<int> run_to_end(const Config& config, OpenDirectory& directory, flow::Source* source,
                             const RunOptions& options);

}  // namespace tickerhouse::app

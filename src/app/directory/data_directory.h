// A data directory: its lock, its settings record, its tape, and where everything lies in it.
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "app/directory/directory_paths.h"
#include "base/disk.h"
#include "flow/checkpoint_store.h"
#include "flow/source.h"
#include "flow/tape.h"
#include "flow/work_group.h"

namespace tickerhouse::app {

struct OpenDirectory {
  DirectoryPaths paths{""};
  std::unique_ptr<base::FileLock> lock;  // of a writer
  std::unique_ptr<flow::Tape> tape;
  std::unique_ptr<flow::CheckpointStore> checkpoints;  // these two end before the tape
  std::shared_ptr<flow::WorkGroup> group;              // of a worker
  engine::Settings settings;                           // the directory's own
  flow::Origin origin = flow::Origin::recorded;
};

// For a pipeline. Makes a new directory; waits up to 10 s for one in use (`busy`). `configuration`, naming
// the key, if it was started with other settings than those given explicitly now, or with data of another
// origin.
// declaration: see open_tape().
base::Result<OpenDirectory> open_directory(const Config& config, flow::Origin origin,
                                           const std::string& declaration = {});

// For a process that takes its part in a pipeline on a shared tape: work (a member of its group), sink,
// serve. Waits, saying so once, until another process has set it up, or `busy`: a stop was asked for. Takes
// no lock.
base::Result<OpenDirectory> join_directory(const Config& config, bool worker);

// For commands that read, beside a running pipeline or without one. `not_found` if there is nothing.
base::Result<OpenDirectory> open_directory_to_read(const Config& config);

// What a directory that is there holds; `not_found` as above.
base::Result<flow::Origin> origin_of(const Config& config);

bool is_running(const DirectoryPaths& paths);

}  // namespace tickerhouse::app

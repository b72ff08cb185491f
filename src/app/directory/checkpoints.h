// Where the shards of a data directory keep their checkpoints: in files of it, or in a topic beside their
// tape, for workers on several machines.
#pragma once

#include <memory>

#include "app/config/config.h"
#include "app/directory/directory_paths.h"
#include "flow/checkpoint_store.h"
#include "flow/tape.h"

namespace tickerhouse::app {

// As tape.checkpoints says; what is not there is looked for in the other place. Ends before the tape.
// `configuration`: there is no topic where the tape is embedded.
base::Result<std::unique_ptr<flow::CheckpointStore>> open_checkpoints(const Config& config,
                                                                      const DirectoryPaths& paths,
                                                                      flow::Tape& tape);

}  // namespace tickerhouse::app

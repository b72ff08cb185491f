// Checkpoints of one shard: checkpoints/shard-<partition>-<offset>.ckpt, versioned, checksummed, replaced
// atomically, the newest three kept. A checkpoint only saves time: recovery from an older one, or from the
// beginning of the tape, ends in the same state.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/disk.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

struct Checkpoint {
  ShardProgress progress;
  std::string state;  // of the shard
};

class CheckpointStore {
 public:
  CheckpointStore(base::Disk& disk, std::string directory, std::uint16_t partition);
  base::Status save(const Checkpoint& checkpoint);
  // The next older readable one, newest first, none of them beyond `at_most`; damaged ones are passed over
  // and named in `damaged`.
  base::Result<std::optional<Checkpoint>> load(flow::Offset at_most, std::vector<std::string>& damaged);
  // The oldest readable one at or after `at_least`: where a replay of a tape that was cut begins.
  base::Result<std::optional<Checkpoint>> oldest(flow::Offset at_least);

 private:
  base::Result<std::vector<std::string>> names();  // oldest first
  base::Disk& disk_;
  std::string directory_;
  std::string prefix_;
};

// The checkpoint from which the events that are still there can be replayed; none: from the beginning.
// `damaged`: the tape was cut, and no checkpoint reaches back to where it begins.
base::Result<std::optional<Checkpoint>> replay_base(flow::Tape& tape, CheckpointStore& checkpoints,
                                                    std::uint16_t partition);

}  // namespace tickerhouse::runtime

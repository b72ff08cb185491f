// What a checkpoint of a shard holds, versioned and checksummed, and which of those that are kept is of use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/checkpoint_store.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

struct Checkpoint {
  ShardProgress progress;
  std::string state;  // of the shard
};

// The checkpoints of one shard.
class Checkpoints {
 public:
  Checkpoints(flow::CheckpointStore& store, std::uint16_t partition) : store_(store), partition_(partition) {}
  // position: what the shard has committed there.
  base::Status save(const Checkpoint& checkpoint, std::string_view position);
  struct Range {
    flow::Offset from;  // what is before it was cut
    flow::Offset to;    // where the shard stands
  };
  // The newest readable one of the range; damaged ones are passed over and named in `damaged`.
  base::Result<std::optional<Checkpoint>> load(Range range, std::vector<std::string>& damaged);
  // The oldest readable one at or after `at_least`: where a replay of a tape that was cut begins.
  base::Result<std::optional<Checkpoint>> oldest(flow::Offset at_least);

 private:
  flow::CheckpointStore& store_;
  std::uint16_t partition_;
};

// The checkpoint from which the events that are still there can be replayed; none: from the beginning.
// `damaged`: the tape was cut, and no checkpoint reaches back to where it begins.
base::Result<std::optional<Checkpoint>> replay_base(flow::Tape& tape, flow::CheckpointStore& store,
                                                    std::uint16_t partition);

// The error of a shard that cannot be replayed: neither all of the tape is there nor a checkpoint.
base::Error cut_without_checkpoint(std::uint16_t partition);

}  // namespace tickerhouse::runtime

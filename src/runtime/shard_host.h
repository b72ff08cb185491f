// One shard as a host runs it: recovers it, feeds it from the tape, commits its results together with its
// position, and saves checkpoints.
//
//   restore(checkpoint) → replay silently up to what is already durable → step, commit → … → checkpoint
//
// Whoever calls step() owns the shard; hosts of different partitions share nothing but the tape.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/settings.h"
#include "flow/checkpoint_store.h"
#include "flow/tape.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

struct ShardHostOptions {
  engine::Settings settings;
  std::uint16_t partition = 0;
  std::size_t step_rows_max = 65'536;         // rows stepped before a commit
  std::uint64_t checkpoint_rows = 4'000'000;  // rows between checkpoints
  bool accept_gap = false;                    // goes on where events were deleted unread (runtime/tape_gap.h)
  std::function<std::vector<std::unique_ptr<flow::Operator>>(const engine::Settings&)> make_operators;
};

// What it took to be where the shard stands.
struct Recovery {
  flow::Offset from;  // of the checkpoint; 0: the beginning of the tape
  flow::Offset to;
  std::uint64_t events = 0;  // replayed in between
};

enum class StepState {
  progressed,
  held,  // stepped, without results, and not committed yet
  idle,
  blocked
};

// Steps without results move the position only, so several may share a commit where that is dear. What is
// held is committed with the next results, by a step that holds nothing, and by save_checkpoint(); of a host
// that is gone the next one steps it again.
enum class Commits { each_step, with_results };

class ShardHost {
 public:
  // Recovers. checkpoints: null if none are kept. `notes` gets what an operator should know (a damaged
  // checkpoint passed over).
  static base::Result<std::unique_ptr<ShardHost>> open(const ShardHostOptions& options, flow::Tape& tape,
                                                       flow::CheckpointStore* checkpoints,
                                                       std::vector<std::string>& notes);
  virtual ~ShardHost() = default;
  base::Result<StepState> step() { return step(Commits::each_step); }
  virtual base::Result<StepState> step(Commits commits) = 0;
  // Adds the windows still open that have changed since the last call.
  virtual void forming(std::vector<flow::FormingBar>& bars) = 0;
  // Commits what is held. Saves nothing if the last one is as new.
  virtual base::Status save_checkpoint() = 0;
  [[nodiscard]] virtual const ShardProgress& progress() const = 0;
  [[nodiscard]] virtual const Recovery& recovery() const = 0;
};

}  // namespace tickerhouse::runtime

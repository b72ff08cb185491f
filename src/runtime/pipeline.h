// Runs the stages of one data directory: one source through ingest, the shards, the sinks. Stages are step
// functions; here they get threads, or all take turns on one thread in an order drawn from a seed. Either way
// the tape holds the same bytes.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/sink.h"
#include "flow/source.h"
#include "runtime/ingest/ingest.h"
#include "runtime/retention.h"
#include "runtime/shard_host.h"
#include "runtime/stage_board.h"

namespace tickerhouse::runtime {

// Who runs the shards.
enum class Shards {
  ours,    // this process; another one in its place ends the pipeline
  shared,  // this process, until another one does: that one is left to it and waited for
  others,  // another process, waited for; this one if rows wait and nobody does
  group,   // this process, those that a group gives it (runtime/worker.h)
  none,    // another process, not waited for
};

struct PipelineOptions {
  IngestOptions ingest;
  ShardHostOptions shard;  // partition is set for each
  Shards shards = Shards::ours;
  bool endless = false;       // without a source: until a stop is asked for, not until all is caught up
  std::uint16_t threads = 0;  // of shards; 0: as many as partitions, at most the machine's
  bool one_thread = false;
  std::uint64_t seed = 0;  // of the order on one thread
  double speed = 0;        // event time runs this many times as fast as the clock; 0: flat out
  base::DurationNanos flush_interval = 200 * base::kMillisecond;  // of sinks: how long results gather
  base::DurationNanos wait_space = 5 * base::kMinute;  // how long a full tape or disk is waited for
  RetentionOptions retention;
  // How long a failing stage is tried again before the pipeline ends with its error; 0: not at all.
  base::DurationNanos stage_patience = 0;  // ingest of a live source, shards
  base::DurationNanos sink_patience = 0;
  bool accept_gap_of_sinks = false;  // and of shards: ShardHostOptions
  base::DurationNanos stop_within =
      8 * base::kSecond;  // after a stop request: what is appended is finished, up to this long
};

struct PipelineHooks {
  std::function<void(const SourceProgress&)> on_progress;  // after each ingest step; from the ingest thread
  std::function<void(const std::string&)> on_note;  // something an operator should know; from any thread
  // A shard stands where it was left and goes on; from the thread that has it.
  std::function<void(std::uint16_t partition, const Recovery& recovery)> on_recovery;
  std::function<void(base::DurationNanos waited)> on_blocked;  // no room: at once, then every 10 s
  // Windows still open that have changed, at most every 100 ms for a partition; from its shard's thread.
  std::function<void(std::uint16_t partition, const std::vector<flow::FormingBar>& bars)> on_forming;
  StageBoard* board = nullptr;
};

enum class PipelineEnd {
  finished,  // the input's end is final, settled and in the sinks
  cut_off,   // compressed input ended early; what was readable is in the sinks, the input is unfinished
  stopped,   // asked to
};

// What a pipeline runs on. All of it outlives the run.
struct PipelineParts {
  flow::Tape& tape;
  flow::Source* source = nullptr;  // null: the shards and sinks catch up with what is on the tape
  std::vector<flow::Sink*> sinks;
  base::Clock& clock;
  flow::CheckpointStore* checkpoints;  // null: none are kept
  const std::atomic<bool>& stop;       // set from anywhere: finish what is appended and return
  // Before a sink that has failed is restored again: what its target needs. May be empty.
  std::function<base::Status(flow::Sink& sink)> reopen = {};
};

base::Result<PipelineEnd> run_pipeline(const PipelineOptions& options, const PipelineParts& parts,
                                       const PipelineHooks& hooks);

}  // namespace tickerhouse::runtime

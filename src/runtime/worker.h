// One worker of a group: runs the shards that the group gives it, until a stop is asked for. A shard that
// goes to another worker is left with its results committed and a checkpoint saved; what a worker that was
// killed had not committed, its successor does again, to the same bytes.
#pragma once

#include "flow/work_group.h"
#include "runtime/pipeline.h"

namespace tickerhouse::runtime {

struct WorkerHooks {
  // From the thread that called run_worker, after each change: what this worker has now.
  std::function<void(const flow::Partitions& partitions)> on_share;
  // Between looks at the group, some ten times a second.
  std::function<void()> on_look;
};

// parts.source and parts.sinks are not looked at; options.threads is how many threads the shards share.
base::Status run_worker(const PipelineOptions& options, const PipelineParts& parts, flow::WorkGroup& group,
                        const PipelineHooks& hooks, const WorkerHooks& worker);

}  // namespace tickerhouse::runtime

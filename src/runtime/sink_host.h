// One sink as a host runs it: feeds it its topics from where its target stands, flushes, and publishes how
// far it is, for `status`.
#pragma once

#include <memory>

#include "flow/sink.h"
#include "runtime/shard_host.h"

namespace tickerhouse::runtime {

struct SinkHostOptions {
  std::uint16_t partitions = 1;
  std::size_t flush_rows_max = 65'536;     // rows applied before a flush, if the sink does not say
  base::DurationNanos flush_interval = 0;  // likewise: how long rows wait on the tape
  bool accept_gap = false;                 // goes on where rows were deleted unread (runtime/tape_gap.h)
  std::function<void(const std::string&)> on_note = {};  // that it did
};

class SinkHost {
 public:
  static base::Result<std::unique_ptr<SinkHost>> open(const SinkHostOptions& options, flow::Tape& tape,
                                                      flow::Sink& sink);
  virtual ~SinkHost() = default;
  // idle: everything committed when the step began is applied and flushed.
  virtual base::Result<StepState> step() = 0;
  // Is it time for a step? Yes if the last one left rows, the interval has passed since, or enough rows wait.
  // The first is due at once, but for a sink with an interval of its own, which waits for it.
  virtual base::Result<bool> due(base::DurationNanos monotonic_now) = 0;
  // Nothing is left to read: asked of the tape, where the last commit may still be on its way to a reader.
  virtual base::Result<bool> has_all() = 0;
};

}  // namespace tickerhouse::runtime

// Who of several processes runs which shard: the membership of one process in a group that shares out the
// partitions of `events`, and shares them out again when a process comes, goes or is lost.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::flow {

using Partitions = std::vector<std::uint16_t>;

class WorkGroup {
 public:
  struct Listener {
    std::function<void(const Partitions& gained)> gained;
    // Returns when nothing is done for them any more: only then may another process have them. lost: another
    // process has them already.
    std::function<void(const Partitions& given_up, bool lost)> given_up;
  };
  virtual ~WorkGroup() = default;
  // Waits up to `wait` for news of the group and tells the listener, on this thread. To be called every few
  // seconds, or the group takes the process for dead. `busy`: another process has joined under our name.
  virtual base::Status poll(const Listener& listener, base::DurationNanos wait) = 0;
  // Gives up what it has. After it, nothing is told any more.
  virtual base::Status leave(const Listener& listener) = 0;
};

}  // namespace tickerhouse::flow

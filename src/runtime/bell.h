// Wakes idle stages when another one has committed something. A missed ring costs at most the patience of the
// wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "base/time.h"

namespace tickerhouse::runtime {

class Bell {
 public:
  [[nodiscard]] std::uint64_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  void ring() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    rung_.notify_all();
  }
  // Returns when it has rung since `seen`, or after `patience`.
  void wait(std::uint64_t seen, base::DurationNanos patience) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, std::chrono::nanoseconds(patience), [&] { return count_ != seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t count_ = 0;
};

}  // namespace tickerhouse::runtime

#include "base/clock.h"

#include <chrono>
#include <thread>

namespace tickerhouse::base {
namespace {

class SystemClock final : public Clock {
 public:
  TsNanos wall_now() override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  DurationNanos monotonic_now() override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void sleep_for(DurationNanos duration) override {
    std::this_thread::sleep_for(std::chrono::nanoseconds(duration));
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

}  // namespace tickerhouse::base

// The only way the runtime learns the time, so that tests and the simulation own it. Two clocks: wall (may
// jump) and monotonic.
#pragma once

#include "base/time.h"

namespace tickerhouse::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TsNanos wall_now() = 0;
  virtual DurationNanos monotonic_now() = 0;
  virtual void sleep_for(DurationNanos duration) = 0;
};

Clock& system_clock();  // lives as long as the process

}  // namespace tickerhouse::base

// A line on a terminal's stderr that shows how far a run is; on anything else it stays silent. Called from
// one thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace tickerhouse::app {

class ProgressBar {
 public:
  ProgressBar();
  // fraction below 0: not known. Draws at most ten times a second.
  void show(double fraction, std::uint64_t records);
  void clear();
  [[nodiscard]] base::DurationNanos elapsed() const;

 private:
  bool terminal_;
  bool drawn_ = false;
  base::DurationNanos started_at_;
  base::DurationNanos drawn_at_ = 0;
};

std::string grouped(std::uint64_t count);  // 1234567 → "1 234 567"

}  // namespace tickerhouse::app

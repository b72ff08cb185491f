// How far an input is, for a progress bar; written by the source's thread, read by whoever draws.
#pragma once

#include <atomic>
#include <cstdint>

namespace tickerhouse::sources {

struct InputMeter {
  std::atomic<std::uint64_t> done = 0;   // bytes of files as they lie, compressed or not; messages of a topic
  std::atomic<std::uint64_t> total = 0;  // 0: not known
  // Below 0: not known.
  [[nodiscard]] double fraction() const {
    return total == 0 ? -1.0 : static_cast<double>(done) / static_cast<double>(total);
  }
};

}  // namespace tickerhouse::sources

// How the stages of a running pipeline are, for whoever shows it; written by their threads, read by any.
// Stages are named "ingest", "shard/2", "sink/duckdb".
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"

namespace tickerhouse::runtime {

struct StageHealth {
  bool failing = false;
  std::uint64_t restarts = 0;
  std::string error;                         // the last one; empty once it works again
  base::TsNanos last_flush = base::kNoTime;  // of sinks, wall clock
  bool gathers = false;                      // a sink with a pace of its own: rows wait by design
};

class StageBoard {
 public:
  void failed(const std::string& stage, const std::string& error) {
    const std::lock_guard lock(mutex_);
    stages_[stage].failing = true;
    stages_[stage].error = error;
  }
  void restarted(const std::string& stage) {
    const std::lock_guard lock(mutex_);
    ++stages_[stage].restarts;
  }
  void works(const std::string& stage) {
    const std::lock_guard lock(mutex_);
    stages_[stage].failing = false;
    stages_[stage].error.clear();
  }
  void flushed(const std::string& stage, base::TsNanos wall) {
    const std::lock_guard lock(mutex_);
    stages_[stage].last_flush = wall;
  }
  void set_gathers(const std::string& stage) {
    const std::lock_guard lock(mutex_);
    stages_[stage].gathers = true;
  }
  void set_blocked(bool blocked) {
    const std::lock_guard lock(mutex_);
    blocked_ = blocked;
  }
  [[nodiscard]] bool blocked() const {  // ingest waits for room
    const std::lock_guard lock(mutex_);
    return blocked_;
  }
  // Who keeps a tape that is too large from being cut; empty: nobody.
  void set_held_by(const std::string& who) {
    const std::lock_guard lock(mutex_);
    held_by_ = who;
  }
  [[nodiscard]] std::string held_by() const {
    const std::lock_guard lock(mutex_);
    return held_by_;
  }
  [[nodiscard]] std::map<std::string, StageHealth> stages() const {
    const std::lock_guard lock(mutex_);
    return stages_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, StageHealth> stages_;
  bool blocked_ = false;
  std::string held_by_;
};

}  // namespace tickerhouse::runtime

// Where everything lies in a data directory.
#pragma once

#include <string>

#include "base/time.h"

namespace tickerhouse::app {

// How long a command waits for another that holds one of the locks.
inline constexpr base::DurationNanos kLockPatience = 10 * base::kSecond;

struct DirectoryPaths {
  explicit DirectoryPaths(std::string root);
  std::string root;
  std::string lock;
  std::string tape;   // of the embedded tape
  std::string kafka;  // or what is remembered of the cluster that holds it
  std::string kafka_lock;
  std::string broker;  // of a broker that ./run has started for this directory
  std::string store;
  std::string checkpoints;
  std::string history;
  std::string socket;
  std::string logs;  // of a process in the background
  [[nodiscard]] std::string sink_lock(const std::string& sink) const { return lock + "." + sink; }
  [[nodiscard]] std::string log_file() const { return logs + "/tickerhouse.log"; }
};

}  // namespace tickerhouse::app

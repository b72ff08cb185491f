// A data directory: its lock, its settings record, its tape, and where everything lies in it.
#pragma once

#include <memory>
#include <string>

#include "app/config/config.h"
#include "base/disk.h"
#include "flow/source.h"
#include "flow/tape.h"

namespace tickerhouse::app {

struct DirectoryPaths {
  explicit DirectoryPaths(std::string root);
  std::string root;
  std::string lock;
  std::string tape;
  std::string store;
  std::string checkpoints;
  std::string history;
  std::string socket;
  std::string logs;  // of a process in the background
  [[nodiscard]] std::string log_file() const { return logs + "/tickerhouse.log"; }
};

struct OpenDirectory {
  DirectoryPaths paths{""};
  std::unique_ptr<base::FileLock> lock;  // of a writer
  std::unique_ptr<flow::Tape> tape;
  engine::Settings settings;  // the directory's own
  flow::Origin origin = flow::Origin::recorded;
};

// For a pipeline. Makes a new directory; waits up to 10 s for one in use (`busy`). `configuration`, naming
// the key, if it was started with other settings than those given explicitly now, or with data of another
// origin.
base::Result<OpenDirectory> open_directory(const Config& config, flow::Origin origin);

// For commands that read, beside a running pipeline or without one. `not_found` if there is nothing.
base::Result<OpenDirectory> open_directory_to_read(const std::string& path);

// What a directory that is there holds; `not_found` as above.
base::Result<flow::Origin> origin_of(const std::string& path);

bool is_running(const DirectoryPaths& paths);

}  // namespace tickerhouse::app

// A file that is written under a staging name and appears whole.
#pragma once

#include <string>

#include "base/result.h"

namespace tickerhouse::sinks {

// Syncs `staging`, renames it to `path` and syncs the directory: after a crash the whole file is there, or
// what was there before.
base::Status publish_staged_file(const std::string& staging, const std::string& path);

base::Status sync_file(const std::string& path);
base::Status sync_directory(const std::string& path);
base::Status sync_file_system(const std::string& path);  // all that was written to the one that holds path

}  // namespace tickerhouse::sinks

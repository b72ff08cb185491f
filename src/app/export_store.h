// `export store`: the store as a file of its own, for a notebook beside a running pipeline.
#pragma once

#include <string>

#include "app/directory/data_directory.h"

namespace tickerhouse::app {

// Fills a new store from the tape up to what is committed now and puts it at `path`, whole or not at all,
// in place of a file that is there. The running process, whose own store no other can open, is not asked.
base::Status export_store(const OpenDirectory& directory, const std::string& path,
                          const std::string& memory_limit);

}  // namespace tickerhouse::app

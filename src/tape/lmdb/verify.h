// Reads everything on a tape and checks it: every batch by its checksum, that no rows are missing between
// batches, and that the tree's pages add up with the free ones. Runs in a child process, because a torn tree
// can make LMDB itself crash; that is an answer too.
#pragma once

#include <string>

#include "base/result.h"

namespace tickerhouse::tape {

// damaged, naming the first place found. Requires that nobody has the tape open.
base::Status verify_lmdb_tape(const std::string& directory);

}  // namespace tickerhouse::tape

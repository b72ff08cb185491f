// Reads one partition of the tape, batch by batch, in place where the map allows it. One thread.
#pragma once

#include <memory>

#include "flow/tape.h"
#include "tape/lmdb/env.h"
#include "tape/lmdb/keys.h"

namespace tickerhouse::tape {

// The reader must not outlive env.
std::unique_ptr<flow::TapeReader> make_lmdb_reader(LmdbEnv& env, const BatchKey& from);

}  // namespace tickerhouse::tape

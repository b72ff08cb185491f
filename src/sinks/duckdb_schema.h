// The tables and views of the store (docs/schema.md), and how a file is known as one.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "sinks/duckdb_connection.h"

namespace tickerhouse::sinks {

inline constexpr std::int64_t kStoreVersion = 1;

// Makes the tables of an empty database, or finds that they are ours: `damaged` if another version wrote them
// (to be rebuilt from the tape), `configuration` if the file is a database of somebody else.
base::Status prepare_store(DuckdbConnection& connection, bool read_only);

}  // namespace tickerhouse::sinks

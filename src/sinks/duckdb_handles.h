// What the .cc files of DuckDB share and nobody else sees.
#pragma once

#include <string>
#include <utility>

#include "sinks/duckdb_connection.h"

struct _duckdb_connection;  // duckdb.h stands in .cc files only

namespace tickerhouse::sinks {

struct DuckdbConnection::Handle {
  std::string path;
  _duckdb_connection* connection = nullptr;
};

// The vendor's handle, for what the C interface can do and DuckdbConnection does not offer.
struct DuckdbAccess {
  static _duckdb_connection* raw(DuckdbConnection& connection) { return connection.handle_->connection; }
};

}  // namespace tickerhouse::sinks

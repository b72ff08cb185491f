// The store: results in one DuckDB file, as SQL sees them (docs/schema.md). The sink fills it, rows and
// position in one transaction, so that after kill -9 both are there or neither is. It is a view of the tape:
// lost or damaged, it is built again from position 0.
//
// sink() belongs to one thread; store() may be asked from any other at the same time, sees flushed rows only,
// and answers one at a time, but for sql(): each statement runs in a process of its own and sees history/
// beside the file. While it is open no other process can open the file (busy).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/sink.h"
#include "flow/store.h"

namespace tickerhouse::sinks {

struct DuckdbStoreOptions {
  std::string path;
  std::string memory_limit = "512MB";
  int threads = 1;
  bool read_only = false;  // nothing is created; the sink refuses rows
  // What runs the statements of Store::sql, with its arguments: a program that calls run_sql_worker()
  // (sql/sql_worker.h). Empty: none is taken.
  std::vector<std::string> sql_program;
};

class DuckdbStore {
 public:
  virtual ~DuckdbStore() = default;
  // Named `duckdb`; topics bars, late, rejects. After a failed call it refuses rows until restore(); what was
  // not flushed is gone then.
  virtual flow::Sink& sink() = 0;
  virtual flow::Store& store() = 0;  // the callback of scan_bars must not ask the store again
};

// damaged: the file is broken or of another version; set it aside and open again.
base::Result<std::unique_ptr<DuckdbStore>> open_duckdb_store(const DuckdbStoreOptions& options);

// Renames the file and its write-ahead log to PATH.damaged-<UTC>[.wal], and says the new name.
base::Result<std::string> set_aside_store(const std::string& path);

}  // namespace tickerhouse::sinks

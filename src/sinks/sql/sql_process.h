// Statements of users on the store, each in a process of its own (sql_worker.h says why). This side starts
// it, hands it the rows that it asks for, and ends it: on time, whatever it does. From any thread.
#pragma once

#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "flow/store.h"
#include "sinks/duckdb_connection.h"
#include "sinks/sql/sql_channel.h"

namespace tickerhouse::sinks {

struct SqlProcessOptions {
  std::vector<std::string> program;              // and its arguments: one that calls run_sql_worker()
  std::string directory;                         // the data directory, with history/
  std::uint64_t memory_bytes_max = 256'000'000;  // DuckDB's own count; the kernel's bound is 256 MiB above
};

class SqlProcesses {
 public:
  // The database's tables and views are what a statement sees; it outlives this object.
  static base::Result<std::unique_ptr<SqlProcesses>> make(DuckdbDatabase& database,
                                                          const SqlProcessOptions& options);
  // All tables as they were at one moment. invalid_argument, over_limit: flow::Store::sql.
  base::Result<flow::SqlTable> run(const flow::SqlQuery& query);

 private:
  static constexpr int kAtOnce = 2;
  SqlProcesses(DuckdbDatabase& database, SqlProcessOptions options)
      : database_(database), options_(std::move(options)) {}

  DuckdbDatabase& database_;
  SqlProcessOptions options_;
  std::vector<SqlRelation> relations_;
  std::counting_semaphore<kAtOnce> turn_{kAtOnce};
};

}  // namespace tickerhouse::sinks

// The database of the process that runs a statement: empty, in memory, locked, with the owner's tables as
// views, and `history_bars` and `history_events`.
//
// DuckDB's limits on files do not tell reading from writing, and planning a statement may already write
// (EXPORT makes its folder). So a statement is first planned in a database without any files, where the
// history has its columns and no rows; only one that is found to read is planned again in one with them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sinks/duckdb_connection.h"
#include "sinks/sql/sql_channel.h"

struct _duckdb_data_chunk;
struct _duckdb_logical_type;

namespace tickerhouse::sinks {

enum class SqlFiles { none, history };  // what of the working directory may be read

class SqlDatabase {
 public:
  // channel and request outlive it.
  static base::Result<std::unique_ptr<SqlDatabase>> open(SqlChannel& channel, const SqlRequest& request,
                                                         SqlFiles files);
  ~SqlDatabase();
  SqlDatabase(const SqlDatabase&) = delete;
  SqlDatabase& operator=(const SqlDatabase&) = delete;

  DuckdbConnection& connection();  // for the statement
  [[nodiscard]] bool history_was_asked() const;

  // Rows of a result that are to be made text: `FROM result_rows()` in texts() has them as columns c0, c1,
  // ...
  void set_result_types(std::vector<_duckdb_logical_type*> types);  // taken over
  void set_result_rows(_duckdb_data_chunk* chunk);                  // borrowed
  DuckdbConnection& texts();

 private:
  friend struct SqlDatabaseFunctions;
  struct Handle;
  explicit SqlDatabase(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace tickerhouse::sinks

#include "sinks/parquet_table.h"

#include <filesystem>
#include <system_error>

#include "sinks/duckdb_connection.h"

namespace tickerhouse::sinks {

base::Result<std::unique_ptr<ParquetTable>> ParquetTable::open(std::string_view columns,
                                                               const std::string& memory_limit,
                                                               const std::string& spill) {
  std::unique_ptr<ParquetTable> table(new ParquetTable(spill));
  DuckdbOptions database;
  database.memory_limit = memory_limit;
  database.temp_directory = spill;
  ASSIGN_OR_RETURN(table->database_, DuckdbDatabase::open(database));
  ASSIGN_OR_RETURN(table->connection_, table->database_->connect());
  RETURN_IF_ERROR(table->connection_->run(std::string("CREATE TABLE rows(").append(columns).append(")")));
  ASSIGN_OR_RETURN(table->rows_, DuckdbAppender::create(*table->connection_, "rows"));
  return table;
}

ParquetTable::~ParquetTable() {
  rows_.reset();
  connection_.reset();
  database_.reset();
  std::error_code ignored;  // leftovers are found again by their name
  std::filesystem::remove_all(spill_, ignored);
}

base::Status ParquetTable::write(const std::string& path) {
  RETURN_IF_ERROR(rows_->flush());
  RETURN_IF_ERROR(connection_->run(std::string("COPY rows TO ")
                                       .append(sql_text(path))
                                       .append(" (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)")));
  return connection_->run("TRUNCATE rows");
}

}  // namespace tickerhouse::sinks

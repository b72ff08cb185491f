// A table in memory that is written as Parquet files, one after the other: typed, compressed (zstd), rows in
// the order in which they were appended. What does not fit the memory limit goes to a folder of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sinks/duckdb_appender.h"

namespace tickerhouse::sinks {

class ParquetTable {
 public:
  // columns: as SQL. spill: a folder for what exceeds memory_limit, removed in the end.
  static base::Result<std::unique_ptr<ParquetTable>> open(std::string_view columns,
                                                          const std::string& memory_limit,
                                                          const std::string& spill);
  ParquetTable(const ParquetTable&) = delete;
  ParquetTable& operator=(const ParquetTable&) = delete;
  ~ParquetTable();

  DuckdbAppender& rows() { return *rows_; }
  // Writes all rows to path, which must not be read before the caller says so, and begins anew.
  base::Status write(const std::string& path);
  // Compares all rows with a file's, in their order, and begins anew: the first difference in words, or
  // empty.
  base::Result<std::string> compare(const std::string& path);

 private:
  base::Result<std::string> first_difference(const std::string& path);
  explicit ParquetTable(std::string spill) : spill_(std::move(spill)) {}
  std::string spill_;
  std::unique_ptr<DuckdbDatabase> database_;
  std::unique_ptr<DuckdbConnection> connection_;
  std::unique_ptr<DuckdbAppender> rows_;
};

}  // namespace tickerhouse::sinks

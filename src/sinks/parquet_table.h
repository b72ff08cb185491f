// A table in memory that is written as Parquet files, one after the other: typed, compressed (zstd), rows in
// the order in which they were appended. What does not fit the memory limit goes to a folder of its own. Or
// rows that are pulled while a file is written, and held nowhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/duckdb_appender.h"

namespace tickerhouse::sinks {

class ParquetTable {
 public:
  enum class Rows { stored, pulled };
  // columns: as SQL. spill: a folder for what exceeds memory_limit, removed in the end.
  static base::Result<std::unique_ptr<ParquetTable>> open(std::string_view columns,
                                                          const std::string& memory_limit,
                                                          const std::string& spill, Rows rows = Rows::stored);
  ParquetTable(const ParquetTable&) = delete;
  ParquetTable& operator=(const ParquetTable&) = delete;
  ~ParquetTable();

  DuckdbAppender& rows() { return *rows_; }
  // Where the rows of the next write() or compare() come from, if they are pulled.
  void set_pull(std::function<DuckdbAppender::Pull()> begin) { rows_->set_pull(std::move(begin)); }
  // Writes all rows to path, which must not be read before the caller says so, and begins anew.
  base::Status write(const std::string& path);
  // Compares all rows with a file's, in their order, and begins anew: the first difference in words, or
  // empty.
  base::Result<std::string> compare(const std::string& path);

 private:
  base::Result<std::string> first_difference(const std::string& path);
  base::Status begin_anew();
  ParquetTable(std::string spill, Rows kind) : spill_(std::move(spill)), kind_(kind) {}
  [[nodiscard]] std::string source() const { return kind_ == Rows::pulled ? "pulled_rows()" : "rows"; }
  std::string spill_;
  Rows kind_;
  std::unique_ptr<DuckdbDatabase> database_;
  std::unique_ptr<DuckdbConnection> connection_;
  std::unique_ptr<DuckdbAppender> rows_;
};

}  // namespace tickerhouse::sinks

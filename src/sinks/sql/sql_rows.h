// Rows of a DuckDB query as bytes, column by column, from one process to another: values as DuckDB holds
// them, text and bytes with their lengths.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sinks/duckdb_connection.h"

struct _duckdb_data_chunk;  // duckdb.h stands in .cc files only

namespace tickerhouse::sinks {

// The rows of one query, as they come: nothing is held but the chunk in hand.
class SqlScan {
 public:
  static base::Result<std::unique_ptr<SqlScan>> open(DuckdbConnection& connection, const std::string& sql);
  ~SqlScan();
  SqlScan(const SqlScan&) = delete;
  SqlScan& operator=(const SqlScan&) = delete;
  base::Result<std::string> next();  // empty: no more

 private:
  struct Handle;
  explicit SqlScan(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// An identifier as SQL text.
std::string quoted_name(std::string_view name);

// Puts such rows into these columns of a chunk, which have their types; an empty text is no rows. False: the
// bytes do not fit.
bool decode_rows(std::string_view rows, const std::vector<std::size_t>& columns, _duckdb_data_chunk* chunk);

}  // namespace tickerhouse::sinks

// Appends rows to a DuckDB table by whole vectors: values go in as the integers they are. Within a
// transaction of its connection the rows belong to it. Holds at most kAppenderBytesMax of text and bytes
// beside one vector of rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sinks/duckdb_connection.h"

namespace tickerhouse::sinks {

inline constexpr std::size_t kAppenderBytesMax = 8U << 20U;

class DuckdbAppender {
 public:
  static base::Result<std::unique_ptr<DuckdbAppender>> create(DuckdbConnection& connection,
                                                              const std::string& table);
  ~DuckdbAppender();  // rows that were not flushed are dropped
  DuckdbAppender(const DuckdbAppender&) = delete;
  DuckdbAppender& operator=(const DuckdbAppender&) = delete;

  // The columns of a row from left to right, each by its physical type; then end_row().
  void put(std::int32_t value);  // INTEGER, DATE
  void put(std::int64_t value);  // BIGINT, TIMESTAMP
  void put(base::Int128 value);  // HUGEINT, DECIMAL(19..38, n)
  void put(
      std::string_view value);  // VARCHAR, BLOB; VARCHAR that is no UTF-8 has ? for its bytes beyond ASCII
  void put_null();
  base::Status end_row();
  base::Status flush();  // all rows are in the table, as durable as the transaction is

 private:
  struct Handle;
  DuckdbAppender(DuckdbConnection& connection, std::unique_ptr<Handle> handle);
  template <typename T>
  void put_value(const T& value);
  base::Status append_chunk();

  DuckdbConnection& connection_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace tickerhouse::sinks

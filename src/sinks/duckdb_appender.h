// Appends rows to a DuckDB table by whole vectors: values go in as the integers they are. Within a
// transaction of its connection the rows belong to it. Holds at most kAppenderBytesMax of text and bytes
// beside one vector of rows.
#pragma once

#include <cstdint>
#include <functional>
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
  // Rows are not appended: `FROM pulled_rows()`, in a statement on any connection of the database, begins a
  // pull and calls it whenever it wants more; it puts at most so many rows and says whether that may not have
  // been all. They come in their order. `table` gives the columns. Storing rows costs more than making
  // Parquet of them. One such in a database.
  using Pull = std::function<base::Result<bool>(std::size_t rows_max)>;
  static base::Result<std::unique_ptr<DuckdbAppender>> create_pulled(DuckdbConnection& connection,
                                                                     const std::string& table);
  void set_pull(std::function<Pull()> begin);  // for the statements that follow
  ~DuckdbAppender();                           // rows that were not flushed are dropped
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
  friend struct PulledRows;
  DuckdbAppender(DuckdbConnection& connection, std::unique_ptr<Handle> handle);
  template <typename T>
  void put_value(const T& value);
  base::Status append_chunk();

  DuckdbConnection& connection_;
  std::unique_ptr<Handle> handle_;
};

}  // namespace tickerhouse::sinks

// DuckDB's C interface with Result: opening, statements and rows read value by value, without text and
// without doubles. No exception and no vendor type gets out. A database may be used from several threads, a
// connection from one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/int128.h"
#include "base/result.h"

namespace tickerhouse::sinks {

class DuckdbConnection;
class DuckdbRows;

struct DuckdbOptions {
  std::string path;  // empty: in memory
  std::string memory_limit = "512MB";
  std::string temp_directory;  // where it puts what exceeds the limit; empty: beside the file
  int threads = 1;
  bool read_only = false;
};

class DuckdbDatabase {
 public:
  // busy: another process has it open; damaged: no DuckDB file, a broken one, or one of a newer DuckDB.
  static base::Result<std::unique_ptr<DuckdbDatabase>> open(const DuckdbOptions& options);
  ~DuckdbDatabase();
  DuckdbDatabase(const DuckdbDatabase&) = delete;
  DuckdbDatabase& operator=(const DuckdbDatabase&) = delete;
  base::Result<std::unique_ptr<DuckdbConnection>> connect();  // must not outlive the database

 private:
  struct Handle;
  explicit DuckdbDatabase(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

class DuckdbConnection {
 public:
  ~DuckdbConnection();
  DuckdbConnection(const DuckdbConnection&) = delete;
  DuckdbConnection& operator=(const DuckdbConnection&) = delete;

  base::Status run(const std::string& sql);  // one or more statements; rows are dropped
  base::Result<std::unique_ptr<DuckdbRows>> query(
      const std::string& sql);                                 // one statement, its rows as they come
  base::Result<std::int64_t> integer(const std::string& sql);  // of one row with one BIGINT
  [[nodiscard]] base::Error error(const char* text) const;     // a vendor's message with code and file

 private:
  friend class DuckdbDatabase;
  friend class DuckdbAppender;
  friend struct DuckdbAccess;
  struct Handle;
  explicit DuckdbConnection(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// The rows of a query. Columns count from 0; the type asked for must be the physical one (DECIMAL of 19
// digits and more: int128).
class DuckdbRows {
 public:
  ~DuckdbRows();
  DuckdbRows(const DuckdbRows&) = delete;
  DuckdbRows& operator=(const DuckdbRows&) = delete;

  base::Result<bool> next();  // false after the last row
  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int32_t int32(std::size_t column) const;     // INTEGER, DATE
  [[nodiscard]] std::int64_t int64(std::size_t column) const;     // BIGINT, TIMESTAMP
  [[nodiscard]] base::Int128 int128(std::size_t column) const;    // HUGEINT, DECIMAL(19..38, n)
  [[nodiscard]] std::string_view text(std::size_t column) const;  // VARCHAR, BLOB; valid until next()

 private:
  friend class DuckdbConnection;
  struct Handle;
  explicit DuckdbRows(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

// 'text' with its quotes doubled.
std::string sql_text(std::string_view text);

}  // namespace tickerhouse::sinks

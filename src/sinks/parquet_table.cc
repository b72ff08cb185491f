#include "sinks/parquet_table.h"

#include <filesystem>
#include <system_error>

#include "sinks/duckdb_connection.h"

namespace tickerhouse::sinks {

base::Result<std::unique_ptr<ParquetTable>> ParquetTable::open(std::string_view columns,
                                                               const std::string& memory_limit,
                                                               const std::string& spill, Rows rows) {
  std::unique_ptr<ParquetTable> table(new ParquetTable(spill, rows));
  DuckdbOptions database;
  database.memory_limit = memory_limit;
  database.temp_directory = spill;
  ASSIGN_OR_RETURN(table->database_, DuckdbDatabase::open(database));
  ASSIGN_OR_RETURN(table->connection_, table->database_->connect());
  RETURN_IF_ERROR(table->connection_->run(std::string("CREATE TABLE rows(").append(columns).append(")")));
  ASSIGN_OR_RETURN(table->rows_, rows == Rows::pulled
                                     ? DuckdbAppender::create_pulled(*table->connection_, "rows")
                                     : DuckdbAppender::create(*table->connection_, "rows"));
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
  if (kind_ == Rows::stored) RETURN_IF_ERROR(rows_->flush());
  RETURN_IF_ERROR(connection_->run("COPY (FROM " + source() + ") TO " + sql_text(path) +
                                   " (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"));
  return begin_anew();
}

base::Status ParquetTable::begin_anew() {
  return kind_ == Rows::stored ? connection_->run("TRUNCATE rows") : base::Status();
}

base::Result<std::string> ParquetTable::compare(const std::string& path) {
  if (kind_ == Rows::stored) RETURN_IF_ERROR(rows_->flush());
  auto difference = first_difference(path);
  RETURN_IF_ERROR(begin_anew());
  return difference;
}

// Rows are compared by their hashes, which DuckDB makes of all columns at once; only one that differs is made
// text.
base::Result<std::string> ParquetTable::first_difference(const std::string& path) {
  const std::string file = "read_parquet(" + sql_text(path) + ", hive_partitioning = false)";
  ASSIGN_OR_RETURN(const auto other, database_->connect());
  const std::string types = "SELECT string_agg(column_name || ' ' || column_type, ', ') FROM (DESCRIBE FROM ";
  const auto one_text = [](DuckdbConnection& connection,
                           const std::string& sql) -> base::Result<std::string> {
    ASSIGN_OR_RETURN(const auto rows, connection.query(sql));
    ASSIGN_OR_RETURN(const bool there, rows->next());
    return there ? std::string(rows->text(0)) : std::string("no row");
  };
  ASSIGN_OR_RETURN(const std::string ours, one_text(*connection_, types + source() + ")"));
  const auto theirs = one_text(*other, types + file + ")");
  if (!theirs.ok()) return "it cannot be read: " + theirs.error().what;
  if (ours != *theirs) return "its columns differ\ntape: " + ours + "\nfile: " + *theirs;
  ASSIGN_OR_RETURN(auto expected, connection_->query("SELECT hash(r) FROM " + source() + " r"));
  auto found = other->query("SELECT hash(r) FROM " + file + " r");
  for (std::uint64_t number = 0; found.ok(); ++number) {
    ASSIGN_OR_RETURN(const bool more, expected->next());
    const auto has = (*found)->next();
    if (!has.ok()) return "it cannot be read: " + has.error().what;
    if (!more && !*has) return std::string();
    if (more && *has && expected->int64(0) == (*found)->int64(0)) continue;
    expected.reset();
    found->reset();
    const auto row_of = [number](const std::string& table) {
      std::string sql = "SELECT r::VARCHAR FROM ";
      return sql.append(table).append(" r LIMIT 1 OFFSET ").append(std::to_string(number));
    };
    ASSIGN_OR_RETURN(const std::string mine, one_text(*connection_, row_of(source())));
    ASSIGN_OR_RETURN(const std::string its, one_text(*other, row_of(file)));
    std::string text = "row ";
    text.append(std::to_string(number + 1)).append(" differs\ntape: ").append(mine);
    return text.append("\nfile: ").append(its);
  }
  return "it cannot be read: " + found.error().what;
}

}  // namespace tickerhouse::sinks

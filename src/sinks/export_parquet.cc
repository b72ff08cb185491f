#include "sinks/export_parquet.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "sinks/duckdb_appender.h"
#include "sinks/duckdb_connection.h"
#include "sinks/duckdb_rows.h"
#include "sinks/staged_file.h"

namespace tickerhouse::sinks {
namespace {

// A table in memory that becomes one file.
class ParquetTable {
 public:
  static base::Result<std::unique_ptr<ParquetTable>> open(const std::string& path, std::string_view columns,
                                                          const ParquetOptions& options) {
    auto table = std::make_unique<ParquetTable>(path);
    DuckdbOptions database;
    database.memory_limit = options.memory_limit;
    database.temp_directory = table->spill_;
    ASSIGN_OR_RETURN(table->database_, DuckdbDatabase::open(database));
    ASSIGN_OR_RETURN(table->connection_, table->database_->connect());
    RETURN_IF_ERROR(table->connection_->run(std::string("CREATE TABLE rows(").append(columns).append(")")));
    ASSIGN_OR_RETURN(table->rows_, DuckdbAppender::create(*table->connection_, "rows"));
    return table;
  }

  explicit ParquetTable(std::string path)
      : path_(std::move(path)), staging_(path_ + ".staging"), spill_(path_ + ".spill.staging") {}
  ParquetTable(const ParquetTable&) = delete;
  ParquetTable& operator=(const ParquetTable&) = delete;
  ~ParquetTable() {
    rows_.reset();
    connection_.reset();
    database_.reset();
    std::error_code ignored;  // leftovers are found again by their name
    std::filesystem::remove(staging_, ignored);
    std::filesystem::remove_all(spill_, ignored);
  }

  DuckdbAppender& rows() { return *rows_; }

  base::Status finish() {
    RETURN_IF_ERROR(at_path(rows_->flush()));
    std::string sql = "COPY rows TO ";
    sql.append(sql_text(staging_)).append(" (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)");
    RETURN_IF_ERROR(at_path(connection_->run(sql)));
    return publish_staged_file(staging_, path_);
  }

  [[nodiscard]] base::Status at_path(base::Status status) const {
    if (status.ok()) return status;
    base::Error error = status.error();
    error.where = path_;
    return error;
  }

 private:
  std::string path_;
  std::string staging_;
  std::string spill_;
  std::unique_ptr<DuckdbDatabase> database_;
  std::unique_ptr<DuckdbConnection> connection_;
  std::unique_ptr<DuckdbAppender> rows_;
};

class BarParquetImpl final : public BarParquet {
 public:
  explicit BarParquetImpl(std::unique_ptr<ParquetTable> table) : table_(std::move(table)) {}
  base::Status append(std::string_view symbol, const market::BarRow& bar) override {
    put_bar(table_->rows(), symbol, bar);
    return table_->at_path(table_->rows().end_row());
  }
  base::Status finish() override { return table_->finish(); }

 private:
  std::unique_ptr<ParquetTable> table_;
};

class EventParquetImpl final : public EventParquet {
 public:
  explicit EventParquetImpl(std::unique_ptr<ParquetTable> table) : table_(std::move(table)) {}
  base::Status append(const market::EventRow& row, const formats::EventNames& names) override {
    put_event(table_->rows(), row, names);
    return table_->at_path(table_->rows().end_row());
  }
  base::Status finish() override { return table_->finish(); }

 private:
  std::unique_ptr<ParquetTable> table_;
};

class RejectParquetImpl final : public RejectParquet {
 public:
  explicit RejectParquetImpl(std::unique_ptr<ParquetTable> table) : table_(std::move(table)) {}
  base::Status append(const market::RejectRow& row, std::string_view source, std::string_view raw) override {
    put_reject(table_->rows(), row, source, raw);
    return table_->at_path(table_->rows().end_row());
  }
  base::Status finish() override { return table_->finish(); }

 private:
  std::unique_ptr<ParquetTable> table_;
};

}  // namespace

base::Result<std::unique_ptr<BarParquet>> make_bar_parquet(const std::string& path,
                                                           const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto table, ParquetTable::open(path, kBarColumns, options));
  return std::unique_ptr<BarParquet>(std::make_unique<BarParquetImpl>(std::move(table)));
}

base::Result<std::unique_ptr<EventParquet>> make_event_parquet(const std::string& path,
                                                               const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto table, ParquetTable::open(path, kEventColumns, options));
  return std::unique_ptr<EventParquet>(std::make_unique<EventParquetImpl>(std::move(table)));
}

base::Result<std::unique_ptr<RejectParquet>> make_reject_parquet(const std::string& path,
                                                                 const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto table, ParquetTable::open(path, kRejectColumns, options));
  return std::unique_ptr<RejectParquet>(std::make_unique<RejectParquetImpl>(std::move(table)));
}

}  // namespace tickerhouse::sinks

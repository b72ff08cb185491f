#include "sinks/export_parquet.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "sinks/duckdb_rows.h"
#include "sinks/parquet_table.h"
#include "sinks/staged_file.h"

namespace tickerhouse::sinks {
namespace {

// One file: rows, then its name.
class ParquetFile {
 public:
  static base::Result<std::unique_ptr<ParquetFile>> open(const std::string& path, std::string_view columns,
                                                         const ParquetOptions& options) {
    auto file = std::make_unique<ParquetFile>(path);
    ASSIGN_OR_RETURN(file->table_,
                     ParquetTable::open(columns, options.memory_limit, path + ".spill.staging"));
    return file;
  }

  explicit ParquetFile(std::string path) : path_(std::move(path)), staging_(path_ + ".staging") {}
  ParquetFile(const ParquetFile&) = delete;
  ParquetFile& operator=(const ParquetFile&) = delete;
  ~ParquetFile() {
    std::error_code ignored;  // leftovers are found again by their name
    std::filesystem::remove(staging_, ignored);
  }

  DuckdbAppender& rows() { return table_->rows(); }

  base::Status finish() {
    RETURN_IF_ERROR(at_path(table_->write(staging_)));
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
  std::unique_ptr<ParquetTable> table_;
};

class BarParquetImpl final : public BarParquet {
 public:
  explicit BarParquetImpl(std::unique_ptr<ParquetFile> file) : file_(std::move(file)) {}
  base::Status append(std::string_view symbol, const market::BarRow& bar) override {
    put_bar(file_->rows(), symbol, bar);
    return file_->at_path(file_->rows().end_row());
  }
  base::Status finish() override { return file_->finish(); }

 private:
  std::unique_ptr<ParquetFile> file_;
};

class EventParquetImpl final : public EventParquet {
 public:
  explicit EventParquetImpl(std::unique_ptr<ParquetFile> file) : file_(std::move(file)) {}
  base::Status append(const market::EventRow& row, const formats::EventNames& names) override {
    put_event(file_->rows(), row, names);
    return file_->at_path(file_->rows().end_row());
  }
  base::Status finish() override { return file_->finish(); }

 private:
  std::unique_ptr<ParquetFile> file_;
};

class RejectParquetImpl final : public RejectParquet {
 public:
  explicit RejectParquetImpl(std::unique_ptr<ParquetFile> file) : file_(std::move(file)) {}
  base::Status append(const market::RejectRow& row, std::string_view source, std::string_view raw) override {
    put_reject(file_->rows(), row, source, raw);
    return file_->at_path(file_->rows().end_row());
  }
  base::Status finish() override { return file_->finish(); }

 private:
  std::unique_ptr<ParquetFile> file_;
};

}  // namespace

base::Result<std::unique_ptr<BarParquet>> make_bar_parquet(const std::string& path,
                                                           const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto file, ParquetFile::open(path, kBarColumns, options));
  return std::unique_ptr<BarParquet>(std::make_unique<BarParquetImpl>(std::move(file)));
}

base::Result<std::unique_ptr<EventParquet>> make_event_parquet(const std::string& path,
                                                               const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto file, ParquetFile::open(path, kEventColumns, options));
  return std::unique_ptr<EventParquet>(std::make_unique<EventParquetImpl>(std::move(file)));
}

base::Result<std::unique_ptr<RejectParquet>> make_reject_parquet(const std::string& path,
                                                                 const ParquetOptions& options) {
  ASSIGN_OR_RETURN(auto file, ParquetFile::open(path, kRejectColumns, options));
  return std::unique_ptr<RejectParquet>(std::make_unique<RejectParquetImpl>(std::move(file)));
}

}  // namespace tickerhouse::sinks

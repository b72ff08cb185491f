#include "sinks/history/history_writer.h"

#include <fstream>

#include "sinks/duckdb_rows.h"
#include "sinks/parquet_table.h"

namespace tickerhouse::sinks {
namespace {

class CsvWriter final : public HistoryWriter {
 public:
  base::Status add(std::string_view symbol, const market::BarRow& row) override {
    if (text_.empty()) text_.append(formats::bar_csv_header());
    formats::append_bar_csv(text_, symbol, row);
    return {};
  }
  base::Status add(const market::EventRow& row, const formats::EventNames& names) override {
    if (text_.empty()) text_.append(formats::event_csv_header());
    formats::append_event_csv(text_, row, names);
    return {};
  }
  base::Status write(const std::string& path) override {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    out.close();
    text_.clear();
    if (!out) return base::Error{base::ErrorCode::io, "cannot write", path};
    return {};
  }

 private:
  std::string text_;
};

// The tables stay open from file to file: opening DuckDB costs more than a small file.
class ParquetWriter final : public HistoryWriter {
 public:
  ParquetWriter(std::string memory_limit, std::string spill)
      : memory_limit_(std::move(memory_limit)), spill_(std::move(spill)) {}

  base::Status add(std::string_view symbol, const market::BarRow& row) override {
    RETURN_IF_ERROR(open(bars_, kBarColumns, "/bars"));
    put_bar(bars_->rows(), symbol, row);
    return bars_->rows().end_row();
  }
  base::Status add(const market::EventRow& row, const formats::EventNames& names) override {
    RETURN_IF_ERROR(open(events_, kEventColumns, "/events"));
    put_event(events_->rows(), row, names);
    return events_->rows().end_row();
  }
  base::Status write(const std::string& path) override { return current_->write(path); }

 private:
  base::Status open(std::unique_ptr<ParquetTable>& table, std::string_view columns, const char* folder) {
    if (table == nullptr) {
      ASSIGN_OR_RETURN(table, ParquetTable::open(columns, memory_limit_, spill_ + folder));
    }
    current_ = table.get();
    return {};
  }
  std::string memory_limit_;
  std::string spill_;
  std::unique_ptr<ParquetTable> bars_;
  std::unique_ptr<ParquetTable> events_;
  ParquetTable* current_ = nullptr;
};

}  // namespace

std::unique_ptr<HistoryWriter> make_csv_writer() { return std::make_unique<CsvWriter>(); }

std::unique_ptr<HistoryWriter> make_parquet_writer(const std::string& memory_limit,
                                                   const std::string& spill) {
  return std::make_unique<ParquetWriter>(memory_limit, spill);
}

}  // namespace tickerhouse::sinks

#include "sinks/history/history_writer.h"

#include <algorithm>
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
  base::Result<std::string> compare(const std::string& path) override {
    std::ifstream in(path, std::ios::binary);
    if (!in) return base::Error{base::ErrorCode::io, "cannot open", path};
    std::string expected;
    expected.swap(text_);
    std::string_view rest = expected;
    std::string line;
    for (std::uint64_t number = 1; std::getline(in, line); ++number) {
      if (!in.eof()) line.push_back('\n');
      const std::string_view ours = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
      rest.remove_prefix(ours.size());
      if (ours != line) return difference(number, ours, line);
    }
    if (in.bad()) return base::Error{base::ErrorCode::io, "cannot read", path};
    return rest.empty() ? std::string()
                        : "it ends before the row\n" + std::string(rest.substr(0, rest.find('\n')));
  }

 private:
  static std::string difference(std::uint64_t number, std::string_view ours, const std::string& theirs) {
    std::string text = "line " + std::to_string(number) + " differs\ntape: ";
    text.append(ours.empty() ? "no row\n" : ours).append("file: ").append(theirs);
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }
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
  base::Result<std::string> compare(const std::string& path) override { return current_->compare(path); }

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

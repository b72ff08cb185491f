#include "sinks/history/history_writer.h"

#include <algorithm>
#include <fstream>

#include "sinks/duckdb_rows.h"
#include "sinks/history/history_files.h"
#include "sinks/parquet_table.h"

namespace tickerhouse::sinks {
namespace {

constexpr std::size_t kRowsAtOnce = 8'192;

class CsvWriter final : public HistoryWriter {
 public:
  base::Status add(std::string_view symbol, const market::BarRow& row) override {
    formats::append_bar_csv(text_, symbol, row);
    return {};
  }
  base::Status add(const market::EventRow& row, const formats::EventNames& names) override {
    formats::append_event_csv(text_, row, names);
    return {};
  }
  base::Status write(const HistorySource& rows, const std::string& path) override {
    RETURN_IF_ERROR(take(rows));
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    out.close();
    if (!out) return base::Error{base::ErrorCode::io, "cannot write", path};
    return {};
  }
  base::Result<std::string> compare(const HistorySource& rows, const std::string& path) override {
    RETURN_IF_ERROR(take(rows));
    std::ifstream in(path, std::ios::binary);
    if (!in) return base::Error{base::ErrorCode::io, "cannot open", path};
    std::string_view rest = text_;
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
  base::Status take(const HistorySource& rows) {
    text_.clear();
    text_.append(rows.topic == flow::Topic::settled ? formats::bar_csv_header()
                                                    : formats::event_csv_header());
    const HistoryPull pull = rows.begin();
    while (true) {
      ASSIGN_OR_RETURN(const bool more, pull(*this, kRowsAtOnce));
      if (!more) return {};
    }
  }
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

  base::Status write(const HistorySource& rows, const std::string& path) override {
    ASSIGN_OR_RETURN(ParquetTable* const table, table_of(rows));
    return table->write(path);
  }
  base::Result<std::string> compare(const HistorySource& rows, const std::string& path) override {
    ASSIGN_OR_RETURN(ParquetTable* const table, table_of(rows));
    return table->compare(path);
  }
  base::Status add(std::string_view symbol, const market::BarRow& row) override {
    put_bar(bars_->rows(), symbol, row);
    return bars_->rows().end_row();
  }
  base::Status add(const market::EventRow& row, const formats::EventNames& names) override {
    put_event(events_->rows(), row, names);
    return events_->rows().end_row();
  }

 private:
  base::Result<ParquetTable*> table_of(const HistorySource& rows) {
    const bool bars = rows.topic == flow::Topic::settled;
    std::unique_ptr<ParquetTable>& table = bars ? bars_ : events_;
    if (table == nullptr) {
      ASSIGN_OR_RETURN(
          table, ParquetTable::open(bars ? kBarColumns : kEventColumns, memory_limit_,
                                    spill_ + "/" + history_folder(rows.topic), ParquetTable::Rows::pulled));
    }
    table->set_pull([this, begin = rows.begin] {
      return [this, pull = begin()](std::size_t rows_max) { return pull(*this, rows_max); };
    });
    return table.get();
  }
  std::string memory_limit_;
  std::string spill_;
  std::unique_ptr<ParquetTable> bars_;
  std::unique_ptr<ParquetTable> events_;
};

}  // namespace

std::unique_ptr<HistoryWriter> make_csv_writer() { return std::make_unique<CsvWriter>(); }

std::unique_ptr<HistoryWriter> make_parquet_writer(const std::string& memory_limit,
                                                   const std::string& spill) {
  return std::make_unique<ParquetWriter>(memory_limit, spill);
}

}  // namespace tickerhouse::sinks

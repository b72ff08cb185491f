// How the rows of one file are written, or compared with one that was; one implementation for each format.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/output.h"
#include "market/bar.h"
#include "market/event.h"
#include "sinks/history/history_sink.h"

namespace tickerhouse::sinks {

class HistoryWriter {
 public:
  virtual ~HistoryWriter() = default;
  virtual base::Status add(std::string_view symbol, const market::BarRow& row) = 0;
  virtual base::Status add(const market::EventRow& row, const formats::EventNames& names) = 0;
  // Writes what was added since the last file: bars or events, not both.
  virtual base::Status write(const std::string& path) = 0;
  // Compares it with a file instead: the first difference in words, empty if there is none.
  virtual base::Result<std::string> compare(const std::string& path) = 0;
};

std::unique_ptr<HistoryWriter> make_csv_writer();
// spill: a folder for what exceeds the limit of memory.
std::unique_ptr<HistoryWriter> make_parquet_writer(const std::string& memory_limit, const std::string& spill);

}  // namespace tickerhouse::sinks

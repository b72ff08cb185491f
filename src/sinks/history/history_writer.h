// How the rows of one file are written, or compared with one that was; one implementation for each format.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/tape.h"
#include "formats/output.h"
#include "market/bar.h"
#include "market/event.h"
#include "sinks/history/history_sink.h"

namespace tickerhouse::sinks {

class HistoryWriter;

// The rows of a file in their order: each call adds at most so many to the writer, and says whether that may
// not have been all.
using HistoryPull = std::function<base::Result<bool>(HistoryWriter& to, std::size_t rows_max)>;
struct HistorySource {
  flow::Topic topic = flow::Topic::events;
  std::function<HistoryPull()> begin;  // from the first row on, any number of times
};

class HistoryWriter {
 public:
  virtual ~HistoryWriter() = default;
  virtual base::Status write(const HistorySource& rows, const std::string& path) = 0;
  // Compares them with a file instead: the first difference in words, empty if there is none.
  virtual base::Result<std::string> compare(const HistorySource& rows, const std::string& path) = 0;
  // For the source.
  virtual base::Status add(std::string_view symbol, const market::BarRow& row) = 0;
  virtual base::Status add(const market::EventRow& row, const formats::EventNames& names) = 0;
};

std::unique_ptr<HistoryWriter> make_csv_writer();
// spill: a folder for what exceeds the limit of memory.
std::unique_ptr<HistoryWriter> make_parquet_writer(const std::string& memory_limit, const std::string& spill);

}  // namespace tickerhouse::sinks

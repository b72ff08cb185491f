// `export --format parquet`: rows are appended in the order in which they are to stand, and finish() writes
// the file, typed and compressed (zstd), under a staging name and then in one step under its own. Without
// finish() nothing appears. What does not fit the memory limit goes to a folder beside the output, which is
// removed in the end. Columns: docs/schema.md.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/output.h"
#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"

namespace tickerhouse::sinks {

struct ParquetOptions {
  std::string memory_limit = "256MB";
};

class BarParquet {
 public:
  virtual ~BarParquet() = default;
  virtual base::Status append(std::string_view symbol, const market::BarRow& bar) = 0;
  virtual base::Status finish() = 0;
};

class EventParquet {
 public:
  virtual ~EventParquet() = default;
  virtual base::Status append(const market::EventRow& row,
                              const formats::EventNames& names) = 0;  // trades, quotes and snapshots
  virtual base::Status finish() = 0;
};

class RejectParquet {
 public:
  virtual ~RejectParquet() = default;
  virtual base::Status append(const market::RejectRow& row, std::string_view source,
                              std::string_view raw) = 0;
  virtual base::Status finish() = 0;
};

base::Result<std::unique_ptr<BarParquet>> make_bar_parquet(const std::string& path,
                                                           const ParquetOptions& options = {});
base::Result<std::unique_ptr<EventParquet>> make_event_parquet(const std::string& path,
                                                               const ParquetOptions& options = {});
base::Result<std::unique_ptr<RejectParquet>> make_reject_parquet(const std::string& path,
                                                                 const ParquetOptions& options = {});

}  // namespace tickerhouse::sinks

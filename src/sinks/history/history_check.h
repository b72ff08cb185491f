// Do the history files of one format hold what the tape has: each row up to the writer's position in exactly
// one file, where a reader looks for it, with equal values, and nothing else?
//
// One file at a time is made anew from the tape in memory and compared; what is held beside it is the list of
// files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "flow/tape.h"
#include "sinks/history/history_sink.h"

namespace tickerhouse::sinks {

struct HistoryCheckOptions {
  std::string directory;  // history/
  HistoryFormat format = HistoryFormat::parquet;
  std::uint16_t partitions = 1;
  bool running = false;  // a writer may add files while this looks
  std::string memory_limit = "256MB";
};

struct HistoryReport {
  std::uint64_t files = 0;
  std::uint64_t rows = 0;
  std::uint64_t files_before = 0;  // hold rows that were cut from the tape: not compared
};

// Nothing: there is no history of this format. check_failed: the first difference, naming the file or the
// row.
base::Result<std::optional<HistoryReport>> check_history(const HistoryCheckOptions& options,
                                                         flow::Tape& tape);

}  // namespace tickerhouse::sinks

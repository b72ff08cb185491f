// The history: what came and what was settled, as files that any tool reads with a plain glob.
//
//   history/events/parquet/date=2026-01-05/part-events-0-8192-16383.parquet     trades, quotes, snapshots as
//   they came history/bars/csv/date=2026-01-05/part-settled-2-100-240.csv                 the last word on
//   each window
//
// The date is that of ts_event, or of window_start, in UTC; the numbers are the partition and the first and
// last offset on the tape. Columns: docs/schema.md. Rows of a file are sorted by symbol, time and offset, so
// that the statistics of Parquet let readers skip most of it. Where files are cut differs from run to run,
// the rows do not.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/sink.h"

namespace tickerhouse::sinks {

enum class HistoryFormat { csv, parquet };
const char* history_name(HistoryFormat format);  // of the sink, its folder and the ending of its files

struct HistoryOptions {
  std::string directory;  // history/
  HistoryFormat format = HistoryFormat::parquet;
  std::vector<flow::Topic> topics = {flow::Topic::events, flow::Topic::settled};  // one of them, or both
  base::DurationNanos roll_interval = 5 * base::kMinute;  // a file at least this often while rows come
  std::uint64_t roll_rows = 262'144;                      // and when so many events, or a third of bars, wait
  bool sync = true;                                       // files survive the machine
  std::string memory_limit = "256MB";
};

std::unique_ptr<flow::Sink> make_history_sink(const HistoryOptions& options);

}  // namespace tickerhouse::sinks

// Queryable results, as verify, exports and pages read them: the newest revision of every bar.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/sink.h"
#include "market/bar.h"

namespace tickerhouse::flow {

struct BarQuery {
  std::string symbol;                // empty: all
  base::DurationNanos interval = 0;  // 0: all
  base::TsNanos from = base::kNoTime;
  base::TsNanos to = std::numeric_limits<base::TsNanos>::max();  // from <= window_start < to
  std::uint64_t limit = 0;                                       // rows from the beginning; 0: all
  std::uint64_t newest_of_each = 0;  // so many of the latest windows of each symbol and interval; 0: all
};

// One statement that only reads, within limits.
struct SqlQuery {
  std::string text;
  std::uint64_t rows_max = 10'000;
  base::DurationNanos time_max = 10 * base::kSecond;
};

struct SqlTable {
  struct Column {
    std::string name;
    std::string type;     // as the store names it
    bool number = false;  // its cells are JSON numbers; else text
  };
  std::vector<Column> columns;
  std::vector<std::optional<std::string>> cells;  // row after row; nothing: NULL
  bool truncated = false;                         // there were more rows
};

class Store {
 public:
  virtual ~Store() = default;
  // Calls `row` for each bar, sorted by (symbol bytes, interval length, window_start). The row's symbol index
  // means nothing.
  using RowCallback = std::function<void(std::string_view symbol, const market::BarRow& row)>;
  virtual base::Status scan_bars(const BarQuery& query, const RowCallback& row) = 0;
  virtual base::Result<SinkPosition> position() = 0;  // what the rows include
  // invalid_argument: not one statement that reads, or wrong SQL, in the store's words; over_limit: of time
  // or memory. From any thread, beside the other calls.
  virtual base::Result<SqlTable> sql(const SqlQuery& query) {
    return base::Error{base::ErrorCode::invalid_argument, "this store takes no SQL", query.text};
  }
};

}  // namespace tickerhouse::flow

// Queryable results, as verify, exports and pages read them: the newest revision of every bar.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/sink.h"
#include "market/bar.h"

namespace tickerhouse::flow {

struct BarQuery {
  std::string symbol;                // empty: all
  base::DurationNanos interval = 0;  // 0: all
  base::TsNanos from = base::kNoTime;
  base::TsNanos to = std::numeric_limits<base::TsNanos>::max();  // from <= window_start < to
};

class Store {
 public:
  virtual ~Store() = default;
  // Calls `row` for each bar, sorted by (symbol bytes, interval length, window_start). The row's symbol index
  // means nothing.
  using RowCallback = std::function<void(std::string_view symbol, const market::BarRow& row)>;
  virtual base::Status scan_bars(const BarQuery& query, const RowCallback& row) = 0;
  virtual base::Result<SinkPosition> position() = 0;  // what the rows include
};

}  // namespace tickerhouse::flow

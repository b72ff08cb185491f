// The true bars and counts of a stream of events: docs/semantics.md 3 to 5 followed to the letter, one event
// at a time, with maps and exact sums. It shares nothing with the engine, which is checked against it, and is
// not made for speed. One source, trades only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/int128.h"
#include "flow/status.h"
#include "market/event.h"
#include "sources/simulator/simulator.h"

namespace tickerhouse::sources {

struct TruthOptions {
  std::vector<base::DurationNanos> intervals = {base::kMinute,      5 * base::kMinute, 15 * base::kMinute,
                                                30 * base::kMinute, base::kHour,       base::kDay};
  base::DurationNanos bound = 5 * base::kSecond;
  base::DurationNanos allowed_lateness = 2 * base::kMinute;
  base::DurationNanos skew = 5 * base::kSecond;
};

class TrueBars {
 public:
  explicit TrueBars(TruthOptions options);

  // In the order of arrival. The event has a trade_id, a seq, a size and a ts_recv.
  void observe(const std::string& symbol, const market::EventRow& event);
  void observe_reject();

  [[nodiscard]] const flow::Ledger& ledger() const { return ledger_; }
  // Header and bars as in docs/semantics.md 6, without state, revision and quality.
  void append_csv(std::string& out) const;

  // One bar as a line of append_csv, without LF; it is forgotten then, so that an endless stream needs no
  // more room than its open windows. Nothing: no event of that window was seen.
  std::optional<std::string> take_bar(const std::string& symbol, base::DurationNanos interval,
                                      base::TsNanos window_start);

 private:
  struct Trade {
    base::TsNanos ts = 0;
    std::int64_t seq = 0;
    std::int64_t price = 0;
    bool operator<(const Trade& other) const { return ts != other.ts ? ts < other.ts : seq < other.seq; }
  };
  struct Bar {
    Trade first;
    Trade last;
    std::int64_t high = 0;
    std::int64_t low = 0;
    std::int64_t count = 0;
    base::Int128 volume = 0;
    base::Int128 notional = 0;
    base::Int128 prices = 0;
  };
  using Windows = std::map<std::pair<base::DurationNanos, base::TsNanos>, Bar>;  // (interval, start)
  static void add(Bar& bar, const Trade& trade, std::int64_t size);
  static void append_bar(std::string& out, const std::string& symbol, const Windows::value_type& window);
  bool remember(const std::string& symbol, const market::EventRow& event, base::TsNanos pane_end);

  TruthOptions options_;
  base::DurationNanos pane_ = base::kMinute;
  base::TsNanos greatest_ = base::kNoTime;
  base::TsNanos watermark_ = base::kNoTime;
  flow::Ledger ledger_;
  std::unordered_map<std::string, Windows> windows_;                     // by symbol
  std::map<base::TsNanos, std::unordered_set<std::string>> remembered_;  // ids, by the end of their pane
};

// The truth of a whole simulated run, from its first event to its last. Settings of ingest are those of the
// options.
base::Result<TrueBars> true_bars(const SimulatorOptions& options,
                                 const std::vector<base::DurationNanos>& intervals);

}  // namespace tickerhouse::sources

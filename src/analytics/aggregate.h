// What a window must remember of its trades and snapshots: everything here can be added one event at a time
// or merged, in any order, with the same outcome, so an hour is exactly the sum of its minutes and late
// events need no second look at the others.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/int128.h"
#include "base/time.h"
#include "market/bar.h"
#include "market/event.h"

namespace tickerhouse::analytics {

// The order of events that decides open and close: never arrival across different times.
struct EventKey {
  base::TsNanos ts = 0;
  std::int64_t seq = 0;     // 0 unless the feed numbers its events
  std::uint64_t order = 0;  // of arrival
  auto operator<=>(const EventKey&) const = default;
};

struct Aggregate {
  EventKey open_key;
  EventKey close_key;
  market::Price open;
  market::Price high;
  market::Price low;
  market::Price close;
  std::int64_t trade_count = 0;
  std::int64_t price_count = 0;  // trades and snapshots; 0 = empty
  base::Int128 price_sum = 0;
  base::Int128 volume = 0;
  base::Int128 notional = 0;
  bool size_unknown = false;  // of some trade
  bool volume_overflow = false;
  bool notional_overflow = false;
  bool price_sum_overflow = false;
  bool snapshot_cumulative = false;  // of the last snapshot
  bool has_snapshot = false;
  std::array<std::uint8_t, 2> unused{};
  EventKey snapshot_key;         // of the last snapshot
  market::Size snapshot_volume;  // its volume of the day, if cumulative
  std::int64_t unused_end = 0;   // no padding: it is stored as it lies

  void add(const market::EventRow& row, const EventKey& key);
  void merge(const Aggregate& other);
  [[nodiscard]] bool empty() const { return price_count == 0; }
};

// A point of a cumulative volume before the window, or what is known instead.
struct VolumeBase {
  bool known = false;
  market::Size volume;
};

// Fills prices, times of open and close, counts, sums and ratios. docs/semantics.md section 5 has the
// formulas: vwap and price_avg are fractions rounded once, half to even, at 1e-9; pct_change at 1e-6.
void fill_bar(const Aggregate& aggregate, const VolumeBase& base, market::BarRow& bar);

}  // namespace tickerhouse::analytics

#include "analytics/aggregate.h"

#include <algorithm>
#include <optional>

namespace tickerhouse::analytics {
namespace {

// A sum that went beyond 38 digits stays beyond: all terms have one sign.
void add_to(base::Int128& sum, bool& overflow, std::optional<base::Int128> term) {
  const auto next = term && !overflow ? base::checked_add(sum, *term) : std::nullopt;
  overflow = !next;
  sum = next.value_or(0);
}

constexpr std::int64_t kHundredPercent = 100'000'000;  // 100 at 1e-6

}  // namespace

void Aggregate::add(const market::EventRow& row, const EventKey& key) {
  const market::Price price = row.trade.price;
  if (empty()) {
    open_key = close_key = key;
    open = high = low = close = price;
  } else {
    if (key < open_key) {
      open_key = key;
      open = price;
    }
    if (key > close_key) {
      close_key = key;
      close = price;
    }
    high = std::max(high, price);
    low = std::min(low, price);
  }
  ++price_count;
  add_to(price_sum, price_sum_overflow, price.units);
  if (row.kind == market::EventKind::snapshot) {
    if (!has_snapshot || key > snapshot_key) {
      snapshot_key = key;
      snapshot_volume = row.trade.size;
      snapshot_cumulative =
          (row.flags & market::kVolumeCumulative) != 0 && (row.flags & market::kSizeUnknown) == 0;
    }
    has_snapshot = true;
    return;
  }
  ++trade_count;
  if ((row.flags & market::kSizeUnknown) != 0) {
    size_unknown = true;
    return;
  }
  add_to(volume, volume_overflow, row.trade.size.units);
  add_to(notional, notional_overflow, base::checked_multiply(price.units, row.trade.size.units));
}

void Aggregate::merge(const Aggregate& other) {
  if (other.empty()) return;
  if (empty()) {
    *this = other;
    return;
  }
  if (other.open_key < open_key) {
    open_key = other.open_key;
    open = other.open;
  }
  if (other.close_key > close_key) {
    close_key = other.close_key;
    close = other.close;
  }
  high = std::max(high, other.high);
  low = std::min(low, other.low);
  trade_count += other.trade_count;
  price_count += other.price_count;
  const auto sum_of = [](base::Int128 value, bool overflow) {
    return overflow ? std::nullopt : std::optional<base::Int128>(value);
  };
  add_to(price_sum, price_sum_overflow, sum_of(other.price_sum, other.price_sum_overflow));
  add_to(volume, volume_overflow, sum_of(other.volume, other.volume_overflow));
  add_to(notional, notional_overflow, sum_of(other.notional, other.notional_overflow));
  size_unknown = size_unknown || other.size_unknown;
  if (other.has_snapshot && (!has_snapshot || other.snapshot_key > snapshot_key)) {
    snapshot_key = other.snapshot_key;
    snapshot_volume = other.snapshot_volume;
    snapshot_cumulative = other.snapshot_cumulative;
  }
  has_snapshot = has_snapshot || other.has_snapshot;
}

namespace {

void fill_volume(const Aggregate& a, const VolumeBase& base, market::BarRow& bar) {
  if (a.trade_count == 0) {  // snapshots only: the difference of the day's volume
    if (!a.snapshot_cumulative || !base.known || a.snapshot_volume < base.volume) return;
    bar.volume = a.snapshot_volume.units - base.volume.units;
    bar.known |= market::known::kVolume;
    return;
  }
  if (a.size_unknown) return;
  if (a.volume_overflow || a.notional_overflow) bar.quality |= market::quality::kOverflow;
  if (!a.volume_overflow) {
    bar.volume = a.volume;
    bar.known |= market::known::kVolume;
  }
  if (!a.notional_overflow) {
    bar.notional = a.notional;
    bar.known |= market::known::kNotional;
  }
  if (a.volume_overflow || a.notional_overflow || a.volume == 0) return;
  // notional 1e-15 / volume 1e-6 = 1e-9: the units of a price.
  bar.vwap.units = static_cast<std::int64_t>(base::divide_half_even(a.notional, a.volume));
  bar.known |= market::known::kVwap;
}

}  // namespace

void fill_bar(const Aggregate& a, const VolumeBase& base, market::BarRow& bar) {
  bar.open = a.open;
  bar.high = a.high;
  bar.low = a.low;
  bar.close = a.close;
  bar.open_time = a.open_key.ts;
  bar.close_time = a.close_key.ts;
  bar.trade_count = a.trade_count;
  fill_volume(a, base, bar);
  if (a.price_sum_overflow) {
    bar.quality |= market::quality::kOverflow;
  } else {
    bar.price_avg.units = static_cast<std::int64_t>(base::divide_half_even(a.price_sum, a.price_count));
    bar.known |= market::known::kPriceAvg;
  }
  const base::Int128 change = static_cast<base::Int128>(a.close.units) - a.open.units;
  bar.pct_change = base::divide_half_even(change * kHundredPercent, a.open.units);
  bar.known |= market::known::kPctChange;
}

}  // namespace tickerhouse::analytics

#include "sources/simulator/truth.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"

namespace tickerhouse::sources {
namespace {

constexpr base::DurationNanos kGrid = 250 * base::kMillisecond;
constexpr int kPercentFactorDigits = 8;  // 100 percent at 1e-6

// Half to even, written out here so that it is not the engine's.
base::Int128 rounded_fraction(base::Int128 numerator, base::Int128 denominator) {
  base::Int128 whole = numerator / denominator;
  base::Int128 rest = numerator % denominator;
  if (rest < 0) {
    rest += denominator;
    --whole;
  }
  const base::Int128 twice = 2 * rest;
  if (twice > denominator || (twice == denominator && whole % 2 != 0)) ++whole;
  return whole;
}

}  // namespace

TrueBars::TrueBars(TruthOptions options) : options_(std::move(options)) {
  base::DurationNanos divisor = 0;
  for (const base::DurationNanos interval : options_.intervals) divisor = std::gcd(divisor, interval);
  if (divisor % base::kMinute != 0) pane_ = divisor;
}

void TrueBars::observe_reject() {
  ++ledger_.received;
  ++ledger_.rejected;
}

void TrueBars::observe(const std::string& symbol, const market::EventRow& event) {
  CHECK(event.kind == market::EventKind::trade && (event.flags & market::kSizeUnknown) == 0 &&
        event.ts_recv != base::kNoTime);
  if (event.ts_event > event.ts_recv + options_.skew) {
    observe_reject();
    return;
  }
  ++ledger_.received;
  greatest_ = std::max(greatest_, event.ts_event);
  watermark_ = base::floor_to(greatest_ - options_.bound, kGrid);
  const base::TsNanos pane_end = base::floor_to(event.ts_event, pane_) + pane_;
  // A window ends no earlier than its panes, so none that has settled holds an event that passes here.
  if (watermark_ >= pane_end + options_.allowed_lateness) {
    ++ledger_.late_kept;
    return;
  }
  if (!remember(symbol, event, pane_end)) {
    ++ledger_.duplicate;
    return;
  }
  ++(watermark_ >= pane_end ? ledger_.late_revised : ledger_.used);
  const Trade trade{event.ts_event, std::max<std::int64_t>(event.seq, 0), event.trade.price.units};
  Windows& windows = windows_[symbol];
  for (const base::DurationNanos interval : options_.intervals)
    add(windows[{interval, base::floor_to(event.ts_event, interval)}], trade, event.trade.size.units);
}

// False if the id was there.
bool TrueBars::remember(const std::string& symbol, const market::EventRow& event, base::TsNanos pane_end) {
  while (!remembered_.empty() && watermark_ >= remembered_.begin()->first + options_.allowed_lateness)
    remembered_.erase(remembered_.begin());
  std::string id = std::string(symbol)
                       .append(" ")
                       .append(std::to_string(base::floor_to(event.ts_event, base::kDay)))
                       .append(" ");
  id.append(market::trade_id(event, {}));
  for (const auto& [end, ids] : remembered_)
    if (ids.contains(id)) return false;
  remembered_[pane_end].insert(std::move(id));
  return true;
}

void TrueBars::add(Bar& bar, const Trade& trade, std::int64_t size) {
  if (bar.count == 0) {
    bar.first = bar.last = trade;
    bar.high = bar.low = trade.price;
  }
  if (trade < bar.first) bar.first = trade;
  if (!(trade < bar.last)) bar.last = trade;
  bar.high = std::max(bar.high, trade.price);
  bar.low = std::min(bar.low, trade.price);
  ++bar.count;
  bar.volume += size;
  bar.notional += static_cast<base::Int128>(trade.price) * size;
  bar.prices += trade.price;
}

void TrueBars::append_bar(std::string& out, const std::string& symbol, const Windows::value_type& window) {
  const auto& [interval, start] = window.first;
  const Bar& bar = window.second;
  const auto price = [&out](base::Int128 value) {
    base::append_decimal(out.append(","), value, market::kPriceScale);
  };
  const auto time = [&out](base::TsNanos ts) { base::append_iso_time(out.append(","), ts); };
  out.append(symbol).append(",").append(base::format_duration(interval));
  time(start);
  time(start + interval);
  price(bar.first.price);
  price(bar.high);
  price(bar.low);
  price(bar.last.price);
  base::append_decimal(out.append(","), bar.volume, market::kSizeScale);
  out.append(",").append(std::to_string(bar.count));
  base::append_decimal(out.append(","), bar.notional, market::kNotionalScale);
  if (bar.volume == 0) {
    out.append(",");
  } else {
    price(rounded_fraction(bar.notional, bar.volume));
  }
  price(rounded_fraction(bar.prices, bar.count));
  const base::Int128 change = static_cast<base::Int128>(bar.last.price) - bar.first.price;
  base::append_decimal(out.append(","),
                       rounded_fraction(change * base::pow10_int128(kPercentFactorDigits), bar.first.price),
                       market::kPercentScale);
  time(bar.first.ts);
  time(bar.last.ts);
  base::append_date(out.append(","), base::floor_to(start, base::kDay) / base::kDay);
  out.append("\n");
}

void TrueBars::append_csv(std::string& out) const {
  out.append(
      "symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,price_"
      "avg,pct_change,open_time,close_time,trade_date\n");
  std::vector<std::string> symbols;
  symbols.reserve(windows_.size());
  for (const auto& [symbol, windows] : windows_) symbols.push_back(symbol);
  std::sort(symbols.begin(), symbols.end());
  for (const std::string& symbol : symbols)
    for (const auto& window : windows_.at(symbol)) append_bar(out, symbol, window);
}

std::optional<std::string> TrueBars::take_bar(const std::string& symbol, base::DurationNanos interval,
                                              base::TsNanos window_start) {
  const auto windows = windows_.find(symbol);
  if (windows == windows_.end()) return std::nullopt;
  const auto window = windows->second.find({interval, window_start});
  if (window == windows->second.end()) return std::nullopt;
  std::string line;
  append_bar(line, symbol, *window);
  line.pop_back();
  windows->second.erase(window);
  return line;
}

base::Result<TrueBars> true_bars(const SimulatorOptions& options,
                                 const std::vector<base::DurationNanos>& intervals) {
  ASSIGN_OR_RETURN(const auto records, SimulatorRecords::open(options));
  TrueBars truth({intervals, options.bound, options.allowed_lateness, options.skew});
  while (records->next()) {
    if (records->malformed()) {
      truth.observe_reject();
    } else {
      truth.observe(records->symbol(), records->row());
    }
  }
  return truth;
}

}  // namespace tickerhouse::sources

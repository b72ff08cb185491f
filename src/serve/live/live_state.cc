#include "serve/live/live_state.h"

#include <algorithm>

#include "base/check.h"
#include "serve/json_text.h"
#include "serve/live/live_text.h"
#include "serve/status_json.h"

namespace tickerhouse::serve {
namespace {

using market::BarRow;
using market::BarState;

constexpr base::DurationNanos kGapShown = 5 * base::kMinute;

bool closed(const BarRow& row) { return row.state != BarState::provisional; }

std::vector<base::DurationNanos> ascending(std::vector<base::DurationNanos> intervals) {
  CHECK(!intervals.empty());
  std::sort(intervals.begin(), intervals.end());
  return intervals;
}

}  // namespace

LiveState::LiveState(std::vector<base::DurationNanos> intervals, base::Clock& clock)
    : intervals_(ascending(std::move(intervals))),
      day_interval_(day_interval_of(intervals_)),
      clock_(clock) {}

LiveState::SymbolState* LiveState::find(std::string_view symbol) {
  const auto found = symbols_.find(symbol);
  return found == symbols_.end() ? nullptr : &found->second;
}

LiveState::SymbolState* LiveState::find_or_add(std::string_view symbol) {
  if (SymbolState* known = find(symbol)) return known;
  if (symbols_.size() >= kLiveSymbolsMax) {
    ++left_out_;
    return nullptr;
  }
  SymbolState& added = symbols_[std::string(symbol)];
  added.name = symbol;
  added.series.resize(intervals_.size());
  shrink_to_bound();
  return &added;
}

void LiveState::shrink_to_bound() {
  const std::size_t each =
      std::clamp<std::size_t>(kLiveBarsMax / (symbols_.size() * intervals_.size()), 2, kLiveWindows);
  if (each == windows_max_) return;
  windows_max_ = each;
  for (auto& [name, symbol] : symbols_)
    for (Series& series : symbol.series)
      if (series.bars.size() > each) {
        series.bars.erase(series.bars.begin(), series.bars.end() - static_cast<std::ptrdiff_t>(each));
        series.bars.shrink_to_fit();
      }
}

std::size_t LiveState::series_of(base::DurationNanos interval) const {
  return static_cast<std::size_t>(std::find(intervals_.begin(), intervals_.end(), interval) -
                                  intervals_.begin());
}

void LiveState::changed(SymbolState& symbol, Series& series, Bar& bar) {
  symbol.version = series.version = bar.version = ++version_;
  if (&series == &symbol.series.front() && closed(bar.row)) symbol.spark_version = version_;
  symbol.decimals = std::max(symbol.decimals, decimals_of(bar.row));
  symbol.updated_at = clock_.wall_now();
}

LiveState::Taken LiveState::take_closed(SymbolState& symbol, std::size_t index, const BarRow& row) {
  Series& series = symbol.series.at(index);
  std::vector<Bar>& bars = series.bars;
  auto place =
      std::lower_bound(bars.begin(), bars.end(), row.window_start,
                       [](const Bar& bar, base::TsNanos start) { return bar.row.window_start < start; });
  Taken taken{true, std::nullopt};
  if (place != bars.end() && place->row.window_start == row.window_start) {
    if (closed(place->row)) {
      // The store may have held more than its position says: then a row comes again, or an older revision.
      if (row.revision <= place->row.revision) return {};
      taken.before = place->row;
    }
    place->row = row;
  } else {
    if (place == bars.begin() && bars.size() >= windows_max_) return taken;  // older than what is kept
    place = bars.insert(place, {row, 0});
  }
  place->row.symbol = 0;
  changed(symbol, series, *place);
  // Windows close in their order: an open one before a closed one has come to nothing.
  const auto opened = std::find_if(bars.begin(), place, [](const Bar& bar) { return !closed(bar.row); });
  if (opened != place) {
    bars.erase(opened, place);
    series.reset_version = version_;
  }
  if (bars.size() > windows_max_) bars.erase(bars.begin());
  return taken;
}

void LiveState::take_provisional(SymbolState& symbol, std::size_t index, const BarRow& row) {
  Series& series = symbol.series.at(index);
  std::vector<Bar>& bars = series.bars;
  const auto place =
      std::lower_bound(bars.begin(), bars.end(), row.window_start,
                       [](const Bar& bar, base::TsNanos start) { return bar.row.window_start < start; });
  // The shard is ahead of the sink: what it says of a window that has closed here meanwhile is old.
  if (std::any_of(place, bars.end(), [](const Bar& bar) { return closed(bar.row); })) return;
  if (place != bars.end() && place->row.window_start == row.window_start) {
    place->row = row;
    changed(symbol, series, *place);
    return;
  }
  changed(symbol, series, *bars.insert(place, {row, 0}));
  if (bars.size() > windows_max_) bars.erase(bars.begin());
}

void LiveState::load(std::string_view symbol, const BarRow& row) {
  const std::lock_guard lock(mutex_);
  const std::size_t index = series_of(row.interval);
  if (index == intervals_.size()) return;
  if (SymbolState* state = find_or_add(symbol)) take_closed(*state, index, row);
}

void LiveState::bar(std::string_view symbol, const BarRow& row, const RowPlace& place) {
  const std::lock_guard lock(mutex_);
  const std::size_t index = series_of(row.interval);
  if (index == intervals_.size()) return;
  SymbolState* state = find_or_add(symbol);
  if (state == nullptr) return;
  const Taken taken = take_closed(*state, index, row);
  if (taken.news) tell_bar(*state, taken, row, place);
}

void LiveState::tell_bar(const SymbolState& symbol, const Taken& taken, const BarRow& row,
                         const RowPlace& place) {
  if (row.state == BarState::revised && notices_.admit(NoticeKind::revised, now())) {
    Notice notice{NoticeKind::revised,
                  symbol.name,
                  row.interval,
                  row.window_start,
                  revised_text(symbol.name, taken.before, row),
                  place,
                  {},
                  bar_json(symbol.name, row)};
    if (taken.before) notice.before = bar_json(symbol.name, *taken.before);
    notices_.add(notice, now());
  }
  const bool gap = (row.quality & market::quality::kGap) != 0 &&
                   (!taken.before || (taken.before->quality & market::quality::kGap) == 0);
  if (gap && row.interval == intervals_.front() && notices_.admit(NoticeKind::gap, now()))
    notices_.add({NoticeKind::gap,
                  symbol.name,
                  row.interval,
                  row.window_start,
                  gap_text(symbol.name, row),
                  place,
                  {},
                  {}},
                 now());
}

void LiveState::late(std::string_view symbol, const market::EventRow& row, const RowPlace& place) {
  const std::lock_guard lock(mutex_);
  if (!market::carries_market_data(row.kind) || !notices_.admit(NoticeKind::late, now())) return;
  notices_.add({NoticeKind::late, symbol, 0, base::kNoTime, late_text(symbol, row), place, {}, {}}, now());
}

void LiveState::rejected(std::string_view source, const market::RejectRow& row, const RowPlace& place) {
  const std::lock_guard lock(mutex_);
  if (!notices_.admit(NoticeKind::rejected, now())) return;
  notices_.add({NoticeKind::rejected, {}, 0, base::kNoTime, rejected_text(source, row), place, {}, {}},
               now());
}

void LiveState::forming(std::span<const flow::FormingBar> bars) {
  const std::lock_guard lock(mutex_);
  for (const flow::FormingBar& bar : bars) {
    const std::size_t index = series_of(bar.row.interval);
    if (index == intervals_.size() || closed(bar.row)) continue;
    if (SymbolState* state = find_or_add(bar.symbol)) take_provisional(*state, index, bar.row);
  }
}

void LiveState::set_finished(std::string_view symbol, bool finished) {
  const std::lock_guard lock(mutex_);
  SymbolState* state = find(symbol);
  if (state == nullptr || state->finished == finished) return;
  state->finished = finished;
  state->version = ++version_;
}

std::vector<LiveState::Symbol> LiveState::symbols() {
  const std::lock_guard lock(mutex_);
  std::vector<Symbol> all;
  all.reserve(symbols_.size());
  for (const auto& [name, symbol] : symbols_) all.push_back({name, symbol.decimals});
  return all;
}

bool LiveState::knows(std::string_view symbol) {
  const std::lock_guard lock(mutex_);
  return find(symbol) != nullptr;
}

std::uint64_t LiveState::symbols_left_out() {
  const std::lock_guard lock(mutex_);
  return left_out_;
}

const char* LiveState::health(const SymbolState& symbol) const {
  if (symbol.finished) return "finished";
  const std::vector<Bar>& bars = symbol.series.front().bars;
  for (auto bar = bars.rbegin(); bar != bars.rend(); ++bar) {
    if (bar->row.window_end <= bars.back().row.window_end - kGapShown) break;
    if ((bar->row.quality & market::quality::kGap) != 0) return "gap";
  }
  return "ok";
}

void LiveState::render(SymbolState& symbol) {
  WatchRow row{symbol.name, nullptr, nullptr, nullptr, symbol.decimals, symbol.updated_at, health(symbol)};
  for (const Series& series : symbol.series)
    if (!series.bars.empty() &&
        (row.last == nullptr || series.bars.back().row.close_time > row.last->close_time))
      row.last = &series.bars.back().row;
  const std::vector<Bar>& days = symbol.series.at(series_of(day_interval_)).bars;
  if (!days.empty()) row.day = &days.back().row;
  if (days.size() > 1) row.day_before = &days[days.size() - 2].row;
  symbol.row_json.clear();
  append_watch_row(symbol.row_json, row);
  symbol.row_version = symbol.version;
}

void LiveState::append_row(std::string& out, SymbolState& symbol, bool with_spark) {
  if (symbol.row_version != symbol.version || symbol.row_json.empty()) render(symbol);
  JsonText json(out);
  json.raw(symbol.row_json);
  if (with_spark) {
    json.key("spark").begin('[');
    for (const Bar& bar : symbol.series.front().bars)
      if (closed(bar.row)) json.decimal(bar.row.close.units, market::kPriceScale);
    json.end(']');
  }
  json.end('}');
}

LiveState::Changes LiveState::watch_rows(std::uint64_t since) {
  const std::lock_guard lock(mutex_);
  Changes changes{{}, since == 0, version_};
  if (since != 0 && since == version_) return changes;
  for (auto& [name, symbol] : symbols_) {
    if (symbol.version <= since && since != 0) continue;
    if (changes.json.empty()) changes.json.push_back('[');
    append_row(changes.json, symbol, since == 0 || symbol.spark_version > since);
  }
  if (since == 0 && changes.json.empty()) changes.json.push_back('[');
  if (!changes.json.empty()) changes.json.push_back(']');
  return changes;
}

std::optional<std::string> LiveState::watch_row(std::string_view symbol) {
  const std::lock_guard lock(mutex_);
  SymbolState* state = find(symbol);
  if (state == nullptr) return std::nullopt;
  std::string out;
  append_row(out, *state, true);
  return out;
}

LiveState::Changes LiveState::bars(std::string_view symbol, base::DurationNanos interval,
                                   std::uint64_t since) {
  const std::lock_guard lock(mutex_);
  Changes changes{{}, since == 0, version_};
  SymbolState* state = find(symbol);
  const std::size_t index = series_of(interval);
  const Series* series = state != nullptr && index < intervals_.size() ? &state->series.at(index) : nullptr;
  if (series != nullptr && series->reset_version > since) changes.full = true;
  if (!changes.full && (series == nullptr || series->version <= since)) return changes;
  JsonText json(changes.json);
  json.begin('[');
  if (series != nullptr)
    for (const Bar& bar : series->bars)
      if (changes.full || bar.version > since) json.raw(bar_json(symbol, bar.row));
  json.end(']');
  return changes;
}

std::vector<BarRow> LiveState::closed_bars(std::string_view symbol, base::DurationNanos interval) {
  const std::lock_guard lock(mutex_);
  std::vector<BarRow> rows;
  SymbolState* state = find(symbol);
  const std::size_t index = series_of(interval);
  if (state == nullptr || index == intervals_.size()) return rows;
  for (const Bar& bar : state->series.at(index).bars)
    if (closed(bar.row)) rows.push_back(bar.row);
  return rows;
}

LiveState::Changes LiveState::notices(std::uint64_t since, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  notices_.close_folds(now());
  Changes changes{{}, since == 0, notices_.next()};
  if (since == 0 || since < changes.version) changes.json = notices_.json_since(since, limit);
  return changes;
}

}  // namespace tickerhouse::serve

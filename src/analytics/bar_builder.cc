#include "analytics/bar_builder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analytics/aggregate.h"
#include "base/bytes.h"
#include "engine/range_set.h"

namespace tickerhouse::analytics {
namespace {

using base::TsNanos;
constexpr TsNanos kNever = std::numeric_limits<TsNanos>::max();
constexpr std::uint32_t kStateVersion = 1;

struct Pane {
  TsNanos start = 0;
  std::int64_t unused = 0;
  Aggregate sum;
};

struct Window {
  TsNanos start = 0;
  bool changed = false;  // since it was last emitted
  bool emitted = false;
  std::array<std::uint8_t, 6> unused{};
  Aggregate sum;
  market::BarRow last;  // as emitted, if it was
};

struct SymbolBars {
  std::vector<Pane> panes;                                          // open, ascending
  std::vector<std::vector<Window>> windows;                         // by interval; unsettled, ascending
  std::map<TsNanos, std::pair<EventKey, market::Size>> day_volume;  // last cumulative snapshot, by pane
  std::uint32_t lane = 0;
  bool dirty = false;    // some closed window has changed
  bool touched = false;  // an open window has, since forming() was asked; not kept in checkpoints
};

struct LaneWork {
  TsNanos due = kNever;  // nothing closes or settles before
  std::vector<flow::SymbolId> dirty;
};

struct SourceFlaws {
  engine::RangeSet gap;
  engine::RangeSet partial;
};

// The item of a vector sorted by start, inserted if missing. Most calls want the last one.
template <typename Item>
Item& find_or_insert(std::vector<Item>& items, TsNanos start) {
  if (!items.empty() && items.back().start == start) return items.back();
  const auto at = std::lower_bound(items.begin(), items.end(), start,
                                   [](const Item& item, TsNanos ts) { return item.start < ts; });
  if (at != items.end() && at->start == start) return *at;
  Item item;
  item.start = start;
  return *items.insert(at, item);
}

class BarBuilder final : public flow::Operator {
 public:
  explicit BarBuilder(const engine::Settings& settings)
      : pane_(engine::pane_of(settings)),
        lateness_(settings.allowed_lateness),
        intervals_(settings.intervals) {}

  void apply(const flow::Segment& segment) override {
    for (std::size_t i = segment.first; i < segment.last; ++i) {
      const market::EventRow& row = segment.batch.rows()[i];
      const flow::Verdict verdict = segment.verdicts[i];
      const flow::SymbolId symbol = segment.symbols[i];
      SymbolBars& bars = bars_of(symbol);
      // Quotes and duplicates too: they may bring a source that the symbol hears from now on.
      if (bars.lane != segment.time.lane_of[symbol]) move(bars, segment.time.lane_of[symbol]);
      if (row.kind == market::EventKind::quote) continue;
      if (verdict != flow::Verdict::used && verdict != flow::Verdict::late_revised) continue;
      const EventKey key{row.ts_event, row.seq == market::kNoSeq ? 0 : row.seq,
                         segment.first_order + (i - segment.first)};
      touch(symbol, bars);
      if (verdict == flow::Verdict::used) {
        add_to_pane(bars, row, key);
      } else {
        add_to_windows(symbol, bars, row, key);
      }
    }
  }

  void flaw(const flow::Flaw& flaw) override {
    if (flaws_.size() <= flaw.source) flaws_.resize(flaw.source + 1);
    SourceFlaws& known = flaws_[flaw.source];
    // Windows are whole panes, so whole panes are marked.
    (flaw.quality == market::quality::kGap ? known.gap : known.partial)
        .add(base::floor_to(flaw.low, pane_), base::floor_to(flaw.high, pane_) + pane_);
  }

  void advance(const flow::Mark& mark, flow::ResultWriter& out) override {
    LaneWork& work = work_of(mark.lane);
    const TsNanos watermark = mark.finished ? kNever : mark.watermark;
    if (watermark < work.due && work.dirty.empty()) return;
    if (watermark < work.due) {
      for (const flow::SymbolId symbol : work.dirty)
        if (symbols_[symbol].lane == mark.lane)  // a late event may have made a window of its own
          work.due = std::min(work.due, advance_symbol(symbol, mark, out));
    } else {
      work.due = kNever;
      for (const flow::SymbolId symbol : mark.symbols) {
        if (symbol >= symbols_.size()) continue;
        work.due = std::min(work.due, advance_symbol(symbol, mark, out));
      }
    }
    work.dirty.clear();
  }

  void forming(flow::FormingWriter& out) override {
    for (const flow::SymbolId symbol : touched_) {
      SymbolBars& bars = symbols_[symbol];
      bars.touched = false;
      for (std::size_t k = 0; k < intervals_.size(); ++k) form(symbol, bars, k, out);
    }
    touched_.clear();
  }

  void save(std::string& out) const override;
  base::Status load(std::string_view in) override;

 private:
  SymbolBars& bars_of(flow::SymbolId symbol) {
    if (symbols_.size() <= symbol) symbols_.resize(symbol + 1);
    SymbolBars& bars = symbols_[symbol];
    if (bars.windows.empty()) bars.windows.resize(intervals_.size());
    return bars;
  }
  LaneWork& work_of(std::uint32_t lane) {
    if (lanes_.size() <= lane) lanes_.resize(lane + 1);
    return lanes_[lane];
  }

  // Another set of sources feeds the symbol from now on. What it has open is due whenever that lane next
  // moves.
  void move(SymbolBars& bars, std::uint32_t lane) {
    bars.lane = lane;
    bars.dirty = false;
    work_of(lane).due = base::kNoTime;
  }

  void add_to_pane(SymbolBars& bars, const market::EventRow& row, const EventKey& key) {
    Pane* pane = bars.panes.empty() ? nullptr : &bars.panes.back();
    if (pane == nullptr || row.ts_event < pane->start || row.ts_event >= pane->start + pane_) {
      pane = &find_or_insert(bars.panes, base::floor_to(row.ts_event, pane_));
      LaneWork& work = work_of(bars.lane);
      work.due = std::min(work.due, pane->start + pane_);
    }
    pane->sum.add(row, key);
    if (row.kind == market::EventKind::snapshot) note_day_volume(bars, row, key);
  }

  void touch(flow::SymbolId symbol, SymbolBars& bars) {
    if (bars.touched) return;
    bars.touched = true;
    touched_.push_back(symbol);
  }

  // Every window that has not been emitted, its open panes included.
  void form(flow::SymbolId symbol, const SymbolBars& bars, std::size_t k, flow::FormingWriter& out) const {
    std::map<TsNanos, Aggregate> open;
    for (const Window& window : bars.windows[k])
      if (!window.emitted) open[window.start] = window.sum;
    for (const Pane& pane : bars.panes) open[base::floor_to(pane.start, intervals_[k])].merge(pane.sum);
    for (const auto& [start, sum] : open) {
      market::BarRow row = row_of(start, k);
      fill_bar(sum, volume_base(bars, start, row.window_end), row);
      out.forming(symbol, row);
    }
  }

  // A late event: its pane has been folded, or never was there.
  void add_to_windows(flow::SymbolId symbol, SymbolBars& bars, const market::EventRow& row,
                      const EventKey& key) {
    for (std::size_t k = 0; k < intervals_.size(); ++k) {
      Window& window = find_or_insert(bars.windows[k], base::floor_to(row.ts_event, intervals_[k]));
      window.sum.add(row, key);
      window.changed = true;
    }
    if (row.kind == market::EventKind::snapshot && note_day_volume(bars, row, key))
      for (auto& windows : bars.windows)  // the volume of later windows starts from another point
        for (Window& window : windows) window.changed = true;
    if (bars.dirty) return;
    bars.dirty = true;
    work_of(bars.lane).dirty.push_back(symbol);
  }

  bool note_day_volume(SymbolBars& bars, const market::EventRow& row, const EventKey& key) {
    if ((row.flags & market::kVolumeCumulative) == 0 || (row.flags & market::kSizeUnknown) != 0) return false;
    const auto [it, fresh] = bars.day_volume.try_emplace(base::floor_to(key.ts, pane_), key, row.trade.size);
    if (!fresh && key > it->second.first) it->second = {key, row.trade.size};
    constexpr std::size_t kDaysKept = 3;
    while (it != bars.day_volume.begin() && bars.day_volume.rbegin()->first - bars.day_volume.begin()->first >
                                                static_cast<TsNanos>(kDaysKept) * base::kDay)
      bars.day_volume.erase(bars.day_volume.begin());
    return true;
  }

  // Folds, emits and settles what is due for one symbol; returns when the next thing is. A symbol that a
  // slower source has joined is ahead of its lane: its time does not go back.
  TsNanos advance_symbol(flow::SymbolId symbol, const flow::Mark& mark, flow::ResultWriter& out) {
    SymbolBars& bars = bars_of(symbol);
    const TsNanos watermark = mark.finished ? kNever : mark.time.of(symbol);
    fold_panes(bars, watermark);
    TsNanos due = bars.panes.empty() ? kNever : bars.panes.front().start + pane_;
    for (std::size_t k = 0; k < intervals_.size(); ++k) {
      std::size_t kept = 0;
      auto& windows = bars.windows[k];
      for (std::size_t w = 0; w < windows.size(); ++w) {
        Window& window = windows[w];
        const TsNanos end = window.start + intervals_[k];
        if (end <= watermark && window.changed && revise(bars, k, window, mark)) out.bar(symbol, window.last);
        if (watermark >= end + lateness_ && window.emitted) {
          out.settled(symbol, window.last);
          continue;
        }
        due = std::min(due, window.emitted ? end + lateness_ : end);
        if (kept != w) windows[kept] = window;
        ++kept;
      }
      windows.resize(kept);
    }
    bars.dirty = false;
    return due;
  }

  void fold_panes(SymbolBars& bars, TsNanos watermark) {
    std::size_t folded = 0;
    for (; folded < bars.panes.size() && bars.panes[folded].start + pane_ <= watermark; ++folded) {
      const Pane& pane = bars.panes[folded];
      for (std::size_t k = 0; k < intervals_.size(); ++k) {
        Window& window = find_or_insert(bars.windows[k], base::floor_to(pane.start, intervals_[k]));
        window.sum.merge(pane.sum);
        window.changed = true;
      }
    }
    bars.panes.erase(bars.panes.begin(), bars.panes.begin() + static_cast<std::ptrdiff_t>(folded));
  }

  // Makes the bar of a closed window; false if it says what the last one said.
  bool revise(const SymbolBars& bars, std::size_t k, Window& window, const flow::Mark& mark) {
    window.changed = false;
    market::BarRow row = row_of(window.start, k);
    fill_bar(window.sum, volume_base(bars, window.start, row.window_end), row);
    if (!window.emitted) {
      row.state = market::BarState::final;
      row.quality |= flaws_of(mark.sources, row.window_start, row.window_end);
    } else {
      // Same values as before: nothing to say. State, revision and quality are no values.
      row.state = window.last.state;
      row.revision = window.last.revision;
      const auto sticky = static_cast<std::uint16_t>(window.last.quality & ~market::quality::kOverflow);
      row.quality |= sticky;
      if (equal_values(row, window.last)) return false;
      row.state = market::BarState::revised;
      ++row.revision;
      row.quality |= market::quality::kLate;
    }
    window.emitted = true;
    window.last = row;
    return true;
  }

  [[nodiscard]] market::BarRow row_of(TsNanos start, std::size_t k) const {
    market::BarRow row;
    row.window_start = start;
    row.window_end = start + intervals_[k];
    row.interval = intervals_[k];
    row.trade_date = static_cast<std::int32_t>(base::floor_to(start, base::kDay) / base::kDay);
    return row;
  }

  static bool equal_values(market::BarRow a, market::BarRow b) {
    a.quality = b.quality = 0;
    return std::memcmp(&a, &b, sizeof a) == 0;
  }

  std::uint16_t flaws_of(std::span<const flow::SourceId> sources, TsNanos start, TsNanos end) const {
    std::uint16_t bits = 0;
    for (const flow::SourceId source : sources) {
      if (source >= flaws_.size()) continue;
      if (flaws_[source].gap.overlaps(start, end)) bits |= market::quality::kGap;
      if (flaws_[source].partial.overlaps(start, end)) bits |= market::quality::kPartial;
    }
    return bits;
  }

  VolumeBase volume_base(const SymbolBars& bars, TsNanos start, TsNanos end) const {
    const TsNanos date = base::floor_to(start, base::kDay);
    if (end - 1 >= date + base::kDay) return {};  // spans dates
    if (start == date) return {true, {}};
    const auto after = bars.day_volume.lower_bound(start);
    if (after == bars.day_volume.begin() || std::prev(after)->first < date) return {};
    return {true, std::prev(after)->second.second};
  }

  base::DurationNanos pane_;
  base::DurationNanos lateness_;
  std::vector<base::DurationNanos> intervals_;
  std::vector<SymbolBars> symbols_;
  std::vector<LaneWork> lanes_;
  std::vector<SourceFlaws> flaws_;
  std::vector<flow::SymbolId> touched_;
};

void BarBuilder::save(std::string& out) const {
  base::ByteWriter writer(out);
  writer.put(kStateVersion);
  writer.put(static_cast<std::uint32_t>(symbols_.size()));
  for (const SymbolBars& bars : symbols_) {
    writer.put(bars.lane);
    writer.put(bars.dirty);
    writer.put(static_cast<std::uint32_t>(bars.panes.size()));
    for (const Pane& pane : bars.panes) writer.put(pane);
    writer.put(static_cast<std::uint32_t>(bars.windows.size()));
    for (const auto& windows : bars.windows) {
      writer.put(static_cast<std::uint32_t>(windows.size()));
      for (const Window& window : windows) writer.put(window);
    }
    writer.put(static_cast<std::uint32_t>(bars.day_volume.size()));
    for (const auto& [pane, point] : bars.day_volume) {
      writer.put(pane);
      writer.put(point.first);
      writer.put(point.second);
    }
  }
  writer.put(static_cast<std::uint32_t>(lanes_.size()));
  for (const LaneWork& work : lanes_) {
    writer.put(work.due);
    writer.put(static_cast<std::uint32_t>(work.dirty.size()));
    for (const flow::SymbolId symbol : work.dirty) writer.put(symbol);
  }
  writer.put(static_cast<std::uint32_t>(flaws_.size()));
  for (const SourceFlaws& flaws : flaws_) {
    flaws.gap.save(writer);
    flaws.partial.save(writer);
  }
}

base::Status BarBuilder::load(std::string_view in) {
  const base::Error damaged{base::ErrorCode::damaged, "unreadable bars in a checkpoint", ""};
  base::ByteReader reader(in);
  if (reader.get<std::uint32_t>() != kStateVersion) return damaged;
  symbols_.clear();
  touched_.clear();
  for (auto count = reader.get<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    SymbolBars& bars = symbols_.emplace_back();
    bars.lane = reader.get<std::uint32_t>();
    bars.dirty = reader.get<bool>();
    for (auto panes = reader.get<std::uint32_t>(); panes > 0 && reader.ok(); --panes)
      bars.panes.push_back(reader.get<Pane>());
    const auto intervals = reader.get<std::uint32_t>();
    if (intervals != 0 && intervals != intervals_.size()) return damaged;
    bars.windows.resize(intervals);
    for (auto& windows : bars.windows)
      for (auto n = reader.get<std::uint32_t>(); n > 0 && reader.ok(); --n)
        windows.push_back(reader.get<Window>());
    for (auto points = reader.get<std::uint32_t>(); points > 0 && reader.ok(); --points) {
      const auto pane = reader.get<TsNanos>();
      const auto key = reader.get<EventKey>();
      bars.day_volume[pane] = {key, reader.get<market::Size>()};
    }
  }
  lanes_.clear();
  for (auto count = reader.get<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    LaneWork& work = lanes_.emplace_back();
    work.due = reader.get<TsNanos>();
    for (auto n = reader.get<std::uint32_t>(); n > 0 && reader.ok(); --n)
      work.dirty.push_back(reader.get<flow::SymbolId>());
  }
  flaws_.clear();
  for (auto count = reader.get<std::uint32_t>(); count > 0 && reader.ok(); --count) {
    SourceFlaws& flaws = flaws_.emplace_back();
    flaws.gap.load(reader);
    flaws.partial.load(reader);
  }
  return reader.at_end() ? base::Status() : base::Status(damaged);
}

}  // namespace

std::unique_ptr<flow::Operator> make_bar_builder(const engine::Settings& settings) {
  return std::make_unique<BarBuilder>(settings);
}

}  // namespace tickerhouse::analytics

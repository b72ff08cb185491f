#include "engine/shard.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace tickerhouse::engine {
namespace {

constexpr std::uint32_t kStateVersion = 1;
constexpr std::size_t kAhead = 16;  // rows between announcing an id and looking it up

bool has_trade_id(const market::EventRow& row) {
  return row.kind != market::EventKind::quote && (row.flags & (market::kIdText | market::kIdHashed)) != 0;
}
bool has_identity(const market::EventRow& row) { return has_trade_id(row) || row.seq != market::kNoSeq; }

class FormingBars final : public flow::FormingWriter {
 public:
  FormingBars(const Timeline& timeline, std::vector<flow::FormingBar>& bars)
      : timeline_(timeline), bars_(bars) {}
  void forming(flow::SymbolId symbol, const market::BarRow& row) override {
    bars_.push_back({timeline_.symbol_names()[symbol], row});
  }

 private:
  const Timeline& timeline_;
  std::vector<flow::FormingBar>& bars_;
};

}  // namespace

// Gives operators the two result topics and learns from `settled` which windows are closed for good.
class Shard::Writer final : public flow::ResultWriter {
 public:
  explicit Writer(Shard& shard) : shard_(shard) {}
  void bar(flow::SymbolId symbol, const market::BarRow& row) override {
    shard_.bars_.push_back({symbol, row});
  }
  void settled(flow::SymbolId symbol, const market::BarRow& row) override {
    shard_.closed_.push_back({symbol, row});
    shard_.settled_[symbol].add(row.window_start, row.window_end);
  }

 private:
  Shard& shard_;
};

Shard::Shard(const Settings& settings, std::vector<std::unique_ptr<flow::Operator>> operators,
             std::string place)
    : pane_(pane_of(settings)),
      bound_(settings.bound),
      lateness_(settings.allowed_lateness),
      intervals_(settings.intervals),
      operators_(std::move(operators)),
      messages_(std::move(place)) {}

void Shard::map_strings(const market::EventBatchView& batch) {
  strings_.assign(batch.string_count(), StringUse{});
  for (std::size_t i = 0; i < strings_.size(); ++i)
    strings_[i].hash = base::hash64(batch.string(static_cast<std::uint16_t>(i)));
}

flow::SymbolId Shard::symbol_of(const market::EventBatchView& batch, const market::EventRow& row,
                                ShardResults& results) {
  StringUse& use = strings_[row.symbol];
  if (!use.is_symbol) {
    const std::string_view name = batch.string(row.symbol);
    use.symbol = timeline_.symbol(name);
    use.is_symbol = true;
    const bool is_new = settled_.size() <= use.symbol;
    if (is_new) settled_.resize(use.symbol + 1);
    if (is_new && messages_.are_of_others()) messages_.add_symbol(name, row.ts_event, results.symbols);
  }
  return use.symbol;
}

flow::SourceId Shard::source_of(const market::EventBatchView& batch, const market::EventRow& row) {
  StringUse& use = strings_[row.source];
  if (!use.is_source) {
    const std::size_t known = timeline_.source_count();
    use.source = timeline_.source(batch.string(row.source));
    use.is_source = true;
    if (new_are_lost_ && use.source >= known) lost_.emplace(use.source, base::kNoTime);
  }
  return use.source;
}

void Shard::step(const market::EventBatchView& batch, std::size_t first, std::size_t last,
                 std::uint64_t first_order, ShardResults& results) {
  CHECK(first <= last && last <= batch.rows().size());
  map_strings(batch);
  row_symbols_.assign(batch.rows().size(), 0);
  results.verdicts.assign(batch.rows().size(), flow::Verdict::control);
  std::size_t segment_first = first;
  const auto apply_until = [&](std::size_t end) {
    if (segment_first == end) return;
    const flow::EventTime time = timeline_.event_time();
    const flow::Segment segment{
        batch,        segment_first, end, first_order + (segment_first - first), results.verdicts,
        row_symbols_, time};
    for (const auto& op : operators_) op->apply(segment);
  };
  std::array<base::Hash128, kAhead> ids;  // of the rows [i, i + kAhead)
  const auto announce = [&](std::size_t i) {
    if (i >= last) return;
    const market::EventRow& row = batch.rows()[i];
    CHECK(row.source < strings_.size());
    if (!market::carries_market_data(row.kind)) return;
    CHECK(row.symbol < strings_.size());
    if (has_identity(row)) seen_.announce(ids[i % kAhead] = identity(batch, row));
  };
  for (std::size_t i = first; i < first + kAhead; ++i) announce(i);
  for (std::size_t i = first; i < last; ++i) {
    const market::EventRow& row = batch.rows()[i];
    const base::Hash128 id = ids[i % kAhead];
    announce(i + kAhead);
    if (!market::carries_market_data(row.kind)) {
      apply_until(i);
      segment_first = i + 1;
      control(batch, i, first_order + (i - first), results);
      continue;
    }
    const flow::SourceId source = source_of(batch, row);
    if (messages_.are_of_others()) {
      messages_.note(row);
      const base::TsNanos watermark = watermark_at(row.ts_event, bound_);
      if (watermark > timeline_.watermark(source)) {
        apply_until(i);
        segment_first = i;
        move_on(source, watermark, results);
      }
    }
    const flow::SymbolId symbol = symbol_of(batch, row, results);
    timeline_.attach(symbol, source);
    const flow::Verdict verdict = judge(row, symbol, id);
    row_symbols_[i] = symbol;
    results.verdicts[i] = verdict;
    count(verdict);
    if (verdict == flow::Verdict::late_kept) keep_late(batch, i, results);
  }
  apply_until(last);
  CHECK(counts_.ledger.adds_up());
}

flow::Verdict Shard::judge(const market::EventRow& row, flow::SymbolId symbol, const base::Hash128& id) {
  if (row.ts_event < pane_start_ || row.ts_event >= pane_start_ + pane_)
    pane_start_ = base::floor_to(row.ts_event, pane_);
  const base::TsNanos pane_end = pane_start_ + pane_;
  const base::TsNanos forget_at = pane_end + lateness_;
  const flow::EventTime time = timeline_.event_time();
  const base::TsNanos watermark = time.of(symbol);
  if (watermark >= forget_at || settled_[symbol].contains(row.ts_event)) return flow::Verdict::late_kept;
  if (has_identity(row)) {
    const SeenIds::Answer answer = seen_.insert(id, symbol, forget_at, time);
    if (answer == SeenIds::Answer::duplicate) return flow::Verdict::duplicate;
    if (answer == SeenIds::Answer::reused) ++counts_.id_reused;
  }
  return watermark >= pane_end ? flow::Verdict::late_revised : flow::Verdict::used;
}

// docs/semantics.md section 4: by trade id within source, symbol, venue and date; else by number within
// source and symbol.
base::Hash128 Shard::identity(const market::EventBatchView& batch, const market::EventRow& row) const {
  struct Key {
    std::uint64_t source;
    std::uint64_t symbol;
    std::uint64_t venue;
    std::int64_t date_or_seq;
    std::array<char, 16> id;
    std::uint64_t form;
  } key{};
  key.source = strings_[row.source].hash;
  key.symbol = strings_[row.symbol].hash;
  const int form = has_trade_id(row) ? row.flags & (market::kIdText | market::kIdHashed) : 0;
  key.form = static_cast<std::uint64_t>(form);
  if (form == 0) {
    key.date_or_seq = row.seq;
  } else {
    key.venue = row.venue < batch.string_count() ? strings_[row.venue].hash : 0;
    key.date_or_seq = base::floor_to(row.ts_event, base::kDay) / base::kDay;
    key.id = row.trade.id;
  }
  base::Hash128 id = base::hash128({reinterpret_cast<const char*>(&key), sizeof key});
  if (id.low == 0 && id.high == 0) id.low = 1;  // all zero means an empty slot
  return id;
}

void Shard::keep_late(const market::EventBatchView& batch, std::size_t row, ShardResults& results) const {
  market::EventBatchBuilder& late = results.late.open();
  market::EventRow copy = batch.rows()[row];
  for (std::uint16_t* index : {&copy.symbol, &copy.venue, &copy.source})
    if (*index != market::kNoString) *index = late.strings.intern(batch.string(*index));
  const std::string_view text = batch.text(static_cast<std::uint32_t>(row));
  if (!text.empty()) late.add_text(static_cast<std::uint32_t>(late.rows.size()), text);
  late.rows.push_back(copy);
}

void Shard::move_on(flow::SourceId source, base::TsNanos watermark, ShardResults& results) {
  mark_lost(source, watermark + bound_ + kTimeGrid);
  timeline_.advance(source, watermark);
  if (messages_.are_of_others()) messages_.note_watermark(watermark);
  mark_lanes(source, results);
}

void Shard::control(const market::EventBatchView& batch, std::size_t index, std::uint64_t offset,
                    ShardResults& results) {
  const market::EventRow& row = batch.rows()[index];
  const flow::SourceId source = source_of(batch, row);
  if (row.kind == market::EventKind::watermark) return move_on(source, row.ts_event, results);
  CHECK(row.kind == market::EventKind::status);  // ingest lets nothing else through
  switch (row.control.code) {
    case market::StatusCode::finished: {
      base::TsNanos end = row.control.low;
      for (const base::DurationNanos interval : intervals_)
        if (row.control.low != base::kNoTime)
          end = std::max(end, base::floor_to(row.control.low, interval) + interval);
      mark_lost(source, end);
      timeline_.finish(source, end);
      mark_lanes(source, results);
      return;
    }
    case market::StatusCode::started:
    case market::StatusCode::stopped:
      for (const auto& op : operators_)
        op->flaw({source, row.ts_event, row.ts_event, market::quality::kPartial});
      return;
    case market::StatusCode::gap:
      for (const auto& op : operators_)
        op->flaw({source, row.control.low, row.control.high, market::quality::kGap});
      return;
    case market::StatusCode::symbol_added:
      return;  // never in events
    case market::StatusCode::rejected: {
      const std::string_view text = batch.text(static_cast<std::uint32_t>(index));
      ++counts_.ledger.received;
      ++counts_.ledger.rejected;
      results.rejected_bytes += text.size();
      messages_.reject(row, text, offset, results.rejects);
      return;
    }
    case market::StatusCode::skipped:
      messages_.skip();
      return;
  }
}

void Shard::lose() {
  for (std::size_t i = 0; i < timeline_.source_count(); ++i) {
    const auto source = static_cast<flow::SourceId>(i);
    lost_.emplace(source, timeline_.watermark(source));
  }
  new_are_lost_ = true;
}

// Nothing that was lost is later than `reached`: a watermark stays the bound behind the greatest event.
void Shard::mark_lost(flow::SourceId source, base::TsNanos reached) {
  if (lost_.empty() && !new_are_lost_) return;
  new_are_lost_ = false;
  const auto found = lost_.find(source);
  if (found == lost_.end()) return;
  const base::TsNanos low = std::max<base::TsNanos>(found->second, 0);
  for (const auto& op : operators_) op->flaw({source, low, std::max(low, reached), market::quality::kGap});
  lost_.erase(found);
}

void Shard::mark_lanes(flow::SourceId source, ShardResults& results) {
  Writer writer(*this);
  for (const std::uint32_t index : timeline_.lanes_of(source)) {
    const Timeline::Lane& lane = timeline_.lane(index);
    if (lane.symbols.empty()) continue;
    const flow::EventTime time = timeline_.event_time();
    const flow::Mark mark{index, time.lane_watermark[index], lane.finished, lane.symbols, lane.sources, time};
    for (const auto& op : operators_) op->advance(mark, writer);
  }
  write(bars_, results.bars);
  write(closed_, results.settled);
}

// Results of one watermark are in one order, whatever lanes and operators they come from
// (docs/semantics.md 5.8).
void Shard::write(std::vector<Result>& found, ResultBatches<market::BarRow>& to) const {
  const auto& names = timeline_.symbol_names();
  std::sort(found.begin(), found.end(), [&names](const Result& a, const Result& b) {
    if (a.row.window_end != b.row.window_end) return a.row.window_end < b.row.window_end;
    if (a.row.interval != b.row.interval) return a.row.interval < b.row.interval;
    return names[a.symbol] < names[b.symbol];
  });
  for (Result& result : found) {
    market::BatchBuilder<market::BarRow>& batch = to.open();
    result.row.symbol = batch.strings.intern(names[result.symbol]);
    batch.rows.push_back(result.row);
  }
  found.clear();
}

void Shard::count(flow::Verdict verdict) {
  flow::Ledger& ledger = counts_.ledger;
  ++ledger.received;
  switch (verdict) {
    case flow::Verdict::used:
      ++ledger.used;
      return;
    case flow::Verdict::late_revised:
      ++ledger.late_revised;
      return;
    case flow::Verdict::late_kept:
      ++ledger.late_kept;
      return;
    case flow::Verdict::duplicate:
      ++ledger.duplicate;
      return;
    case flow::Verdict::control:
      break;
  }
  CHECK(false);
}

void Shard::forming(std::vector<flow::FormingBar>& bars) {
  FormingBars writer(timeline_, bars);
  for (const auto& op : operators_) op->forming(writer);
}

void Shard::save(std::string& out) const {
  base::ByteWriter writer(out);
  writer.put(kStateVersion);
  writer.put(counts_);
  timeline_.save(writer);
  seen_.save(writer);
  writer.put(static_cast<std::uint32_t>(settled_.size()));
  for (const RangeSet& ranges : settled_) ranges.save(writer);
  writer.put(static_cast<std::uint32_t>(operators_.size()));
  for (const auto& op : operators_) {
    std::string state;
    op->save(state);
    writer.put_text(state);
  }
  // As ever; else more follows.
  if (lost_.empty() && !new_are_lost_ && !messages_.are_of_others()) return;
  save_lost(writer);
  if (messages_.are_of_others()) messages_.save(writer);
}

void Shard::save_lost(base::ByteWriter& writer) const {
  writer.put(new_are_lost_);
  writer.put(static_cast<std::uint32_t>(lost_.size()));
  for (const auto& [source, watermark] : lost_) {
    writer.put(source);
    writer.put(watermark);
  }
}

void Shard::load_lost(base::ByteReader& in) {
  new_are_lost_ = in.get<std::uint8_t>() != 0;  // of a damaged state any byte
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const auto source = in.get<flow::SourceId>();
    lost_[source] = in.get<base::TsNanos>();
  }
}

base::Status Shard::load(std::string_view in) {
  const base::Error damaged{base::ErrorCode::damaged, "unreadable shard state", ""};
  base::ByteReader reader(in);
  if (reader.get<std::uint32_t>() != kStateVersion) return damaged;
  counts_ = reader.get<ShardCounts>();
  timeline_.load(reader);
  seen_.load(reader);
  settled_.assign(std::min<std::size_t>(reader.get<std::uint32_t>(), timeline_.symbol_names().size()),
                  RangeSet());
  for (RangeSet& ranges : settled_) ranges.load(reader);
  settled_.resize(timeline_.symbol_names().size());
  if (reader.get<std::uint32_t>() != operators_.size()) return damaged;
  for (const auto& op : operators_) RETURN_IF_ERROR(op->load(reader.get_text()));
  if (!reader.at_end()) load_lost(reader);
  if (messages_.are_of_others()) messages_.load(reader);
  if (!reader.at_end() || !counts_.ledger.adds_up()) return damaged;
  return {};
}

}  // namespace tickerhouse::engine

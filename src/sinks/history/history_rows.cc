#include "sinks/history/history_rows.h"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace tickerhouse::sinks {
namespace {

constexpr std::size_t kAhead = 16;  // rows
constexpr std::size_t kCacheLine = 64;
constexpr std::uint32_t kNone = 0xFFFFFFFF;

std::uint32_t row_at(const flow::ResultBatch& batch, flow::Offset offset) {
  const std::uint64_t beyond = offset > batch.rows.first ? offset.value - batch.rows.first.value : 0;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(batch.rows.bytes.row_count(), batch.rows.skip + beyond));
}

}  // namespace

bool in_history(const market::EventRow& row, base::TsNanos& ts) {
  ts = row.ts_event;
  return market::carries_market_data(row.kind);
}

bool in_history(const market::BarRow& row, base::TsNanos& ts) {
  ts = row.window_start;
  return true;
}

std::int64_t history_date(base::TsNanos ts) { return base::floor_to(ts, base::kDay) / base::kDay; }

void HistoryRows::clear() {
  batches_.clear();
  parts_.clear();
  symbols_.clear();
  rank_.clear();
}

base::Status HistoryRows::keep(const flow::ResultBatch& batch, flow::Offset begin, flow::Offset end,
                               const HistoryPart* only) {
  const std::pair rows{row_at(batch, begin), row_at(batch, end)};
  if (batch.topic == flow::Topic::settled)
    return keep_rows<market::BatchView<market::BarRow>>(batch, rows, only);
  return keep_rows<market::EventBatchView>(batch, rows, only);
}

template <typename View>
base::Status HistoryRows::keep_rows(const flow::ResultBatch& batch,
                                    std::pair<std::uint32_t, std::uint32_t> rows, const HistoryPart* only) {
  const View view(batch.rows.bytes);
  numbers_.assign(batch.rows.bytes.string_count(), kNone);
  bool copied = false;
  HistoryPart last{};
  std::vector<Place>* places = nullptr;
  for (std::uint32_t i = rows.first; i < rows.second; ++i) {
    base::TsNanos ts = 0;
    if (!in_history(view.rows()[i], ts)) continue;
    const HistoryPart part{batch.topic, batch.partition, history_date(ts)};
    if (only != nullptr && part != *only) continue;
    if (!copied) {
      Batch& copy = batches_.emplace_back(std::string(batch.rows.bytes.all()), market::BatchBytes());
      ASSIGN_OR_RETURN(copy.view, market::BatchBytes::open(copy.bytes));
      copied = true;
    }
    if (places == nullptr || part != last) {
      places = &parts_[part];
      last = part;
    }
    places->push_back({static_cast<std::uint32_t>(batches_.size() - 1), i,
                       symbol_number(batch.rows.bytes, view.rows()[i].symbol), ts,
                       batch.rows.first.value + (i - batch.rows.skip)});
  }
  return {};
}

std::uint32_t HistoryRows::symbol_number(const market::BatchBytes& batch, std::uint16_t symbol) {
  std::uint32_t& number = numbers_[symbol];
  if (number == kNone)
    number =
        symbols_.try_emplace(std::string(batch.string(symbol)), static_cast<std::uint32_t>(symbols_.size()))
            .first->second;
  return number;
}

std::vector<HistoryPart> HistoryRows::parts() const {
  std::vector<HistoryPart> found;
  found.reserve(parts_.size());
  for (const auto& [part, rows] : parts_) found.push_back(part);
  return found;
}

HistoryRows::Range HistoryRows::range(const HistoryPart& part) const {
  const auto& rows = parts_.at(part);
  const auto [first, last] = std::minmax_element(
      rows.begin(), rows.end(), [](const Place& a, const Place& b) { return a.offset < b.offset; });
  return {first->offset, last->offset};
}

void HistoryRows::rank_symbols() {
  if (rank_.size() == symbols_.size()) return;
  std::vector<std::pair<std::string_view, std::uint32_t>> names;
  names.reserve(symbols_.size());
  for (const auto& [name, number] : symbols_) names.emplace_back(name, number);
  std::sort(names.begin(), names.end());
  rank_.resize(names.size());
  for (std::uint32_t i = 0; i < names.size(); ++i) rank_[names[i].second] = i;
}

// By symbol first, by counting; those of one symbol mostly lie in the order of time already.
void HistoryRows::sort(std::vector<Place>& rows) {
  std::vector<std::size_t> ends(rank_.size() + 1);
  for (const Place& place : rows) ++ends[rank_[place.symbol] + 1];
  for (std::size_t i = 1; i < ends.size(); ++i) ends[i] += ends[i - 1];
  scratch_.resize(rows.size());
  for (const Place& place : rows) scratch_[ends[rank_[place.symbol]]++] = place;
  rows.swap(scratch_);
  const auto earlier = [](const Place& a, const Place& b) {
    return std::tie(a.ts, a.offset) < std::tie(b.ts, b.offset);
  };
  for (std::size_t begin = 0, i = 0; i + 1 < ends.size(); begin = ends[i++]) {
    const auto first = rows.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = rows.begin() + static_cast<std::ptrdiff_t>(ends[i]);
    if (!std::is_sorted(first, last, earlier)) std::sort(first, last, earlier);
  }
}

HistorySource HistoryRows::sorted(const HistoryPart& part) {
  rank_symbols();
  std::vector<Place>& rows = parts_[part];
  sort(rows);
  return {part.topic, [this, topic = part.topic, &rows] {
            return [this, topic, &rows, next = std::size_t{0}](
                       HistoryWriter& to, std::size_t rows_max) mutable -> base::Result<bool> {
              const std::size_t end = std::min(rows.size(), next + rows_max);
              for (; next < end; ++next) {
                if (next + kAhead < rows.size()) prefetch(topic, rows[next + kAhead]);
                RETURN_IF_ERROR(add(topic, rows[next], to));
              }
              return next < rows.size();
            };
          }};
}

// Rows in their order lie all over the batches.
void HistoryRows::prefetch(flow::Topic topic, const Place& place) const {
  const std::size_t size = topic == flow::Topic::settled ? sizeof(market::BarRow) : sizeof(market::EventRow);
  const char* row = batches_[place.batch].view.rows() + place.row * size;
  for (std::size_t at = 0; at < size; at += kCacheLine) __builtin_prefetch(row + at);
}

base::Status HistoryRows::add(flow::Topic topic, const Place& place, HistoryWriter& writer) const {
  const market::BatchBytes& bytes = batches_[place.batch].view;
  if (topic == flow::Topic::settled) {
    const market::BatchView<market::BarRow> view(bytes);
    const market::BarRow& row = view.rows()[place.row];
    return writer.add(view.string(row.symbol), row);
  }
  const market::EventBatchView view(bytes);
  const market::EventRow& row = view.rows()[place.row];
  return writer.add(
      row, {view.string(row.symbol), view.string(row.venue), view.string(row.source), view.text(place.row)});
}

}  // namespace tickerhouse::sinks

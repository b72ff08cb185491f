#include "engine/timeline.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace tickerhouse::engine {
namespace {
constexpr flow::SourceId kNoSource = std::numeric_limits<flow::SourceId>::max();
}

flow::SymbolId Timeline::symbol(std::string_view name) {
  if (lanes_.empty()) {
    lanes_.emplace_back();
    lane_watermark_.push_back(base::kNoTime);
  }
  const auto [it, fresh] =
      symbol_ids_.try_emplace(std::string(name), static_cast<flow::SymbolId>(symbol_names_.size()));
  if (fresh) {
    symbol_names_.emplace_back(name);
    lane_of_.push_back(0);
    place_in_lane_.push_back(static_cast<std::uint32_t>(lanes_[0].symbols.size()));
    lanes_[0].symbols.push_back(it->second);
    floor_of_.push_back(base::kNoTime);
    last_source_.push_back(kNoSource);
  }
  return it->second;
}

flow::SourceId Timeline::source(std::string_view name) {
  const auto [it, fresh] =
      source_ids_.try_emplace(std::string(name), static_cast<flow::SourceId>(source_names_.size()));
  if (fresh) {
    source_names_.emplace_back(name);
    sources_.emplace_back();
  }
  return it->second;
}

std::uint32_t Timeline::lane_for(const std::vector<flow::SourceId>& sources) {
  for (const std::uint32_t index : sources_[sources.front()].lanes)
    if (lanes_[index].sources == sources) return index;
  const auto index = static_cast<std::uint32_t>(lanes_.size());
  lanes_.emplace_back();
  lanes_.back().sources = sources;
  lane_watermark_.push_back(base::kNoTime);
  for (const flow::SourceId source : sources) sources_[source].lanes.push_back(index);
  return index;
}

void Timeline::attach_slowly(flow::SymbolId symbol, flow::SourceId source) {
  if (sources_[source].finished) resume(source);  // a finished input that has grown
  last_source_[symbol] = source;
  const std::uint32_t old_index = lane_of_[symbol];
  const auto& known = lanes_[old_index].sources;
  if (std::find(known.begin(), known.end(), source) != known.end()) return;
  std::vector<flow::SourceId> heard = {source};
  for (const flow::SourceId other : known)
    if (!sources_[other].finished) heard.push_back(other);
  std::sort(heard.begin(), heard.end());
  const base::TsNanos reached = heard.size() > 1 ? event_time().of(symbol) : base::kNoTime;
  const std::uint32_t index = lane_for(heard);
  auto& old_symbols = lanes_[old_index].symbols;
  const std::uint32_t place = place_in_lane_[symbol];
  old_symbols[place] = old_symbols.back();
  place_in_lane_[old_symbols[place]] = place;
  old_symbols.pop_back();
  place_in_lane_[symbol] = static_cast<std::uint32_t>(lanes_[index].symbols.size());
  lanes_[index].symbols.push_back(symbol);
  lane_of_[symbol] = index;
  floor_of_[symbol] = reached;
  update_lane(index);
}

void Timeline::resume(flow::SourceId source) {
  sources_[source].finished = false;
  for (const std::uint32_t index : sources_[source].lanes) lanes_[index].finished = false;
}

// The least watermark of the lane's unfinished sources; when all have finished, the greatest of all. Never
// back.
void Timeline::update_lane(std::uint32_t index) {
  Lane& lane = lanes_[index];
  base::TsNanos least = std::numeric_limits<base::TsNanos>::max();
  base::TsNanos greatest = base::kNoTime;
  bool unfinished = false;
  for (const flow::SourceId source : lane.sources) {
    greatest = std::max(greatest, sources_[source].watermark);
    if (sources_[source].finished) continue;
    unfinished = true;
    least = std::min(least, sources_[source].watermark);
  }
  lane.finished = !unfinished;
  lane_watermark_[index] = std::max(lane_watermark_[index], unfinished ? least : greatest);
}

void Timeline::advance(flow::SourceId source, base::TsNanos ts) {
  if (sources_[source].finished) resume(source);
  move(source, ts);
}

void Timeline::move(flow::SourceId source, base::TsNanos ts) {
  sources_[source].watermark = std::max(sources_[source].watermark, ts);
  for (const std::uint32_t index : sources_[source].lanes) update_lane(index);
}

void Timeline::finish(flow::SourceId source, base::TsNanos ts) {
  sources_[source].finished = true;
  move(source, ts);
  for (flow::SourceId& last : last_source_)
    if (last == source) last = kNoSource;  // so that a next event looks again
}

void Timeline::save(base::ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(source_names_.size()));
  for (std::size_t i = 0; i < source_names_.size(); ++i) {
    out.put_text(source_names_[i]);
    out.put(sources_[i].watermark);
    out.put(sources_[i].finished);
  }
  out.put(static_cast<std::uint32_t>(lanes_.size()));
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    out.put(lane_watermark_[i]);
    out.put(lanes_[i].finished);
    out.put(static_cast<std::uint32_t>(lanes_[i].sources.size()));
    for (const flow::SourceId source : lanes_[i].sources) out.put(source);
  }
  out.put(static_cast<std::uint32_t>(symbol_names_.size()));
  for (std::size_t i = 0; i < symbol_names_.size(); ++i) {
    out.put_text(symbol_names_[i]);
    out.put(lane_of_[i]);
    out.put(floor_of_[i]);
  }
}

void Timeline::load(base::ByteReader& in) {
  *this = Timeline();
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const flow::SourceId id = source(in.get_text());
    sources_[id].watermark = in.get<base::TsNanos>();
    sources_[id].finished = in.get<bool>();
  }
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const auto index = static_cast<std::uint32_t>(lanes_.size());
    lane_watermark_.push_back(in.get<base::TsNanos>());
    lanes_.emplace_back().finished = in.get<bool>();
    for (auto sources = in.get<std::uint32_t>(); sources > 0 && in.ok(); --sources) {
      const auto id = in.get<flow::SourceId>();
      if (id >= sources_.size()) return;
      lanes_[index].sources.push_back(id);
      sources_[id].lanes.push_back(index);
    }
  }
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const flow::SymbolId id = symbol(in.get_text());
    const auto lane = in.get<std::uint32_t>();
    floor_of_[id] = in.get<base::TsNanos>();
    if (lane >= lanes_.size() || lane == 0) continue;
    lanes_[0].symbols.pop_back();
    lane_of_[id] = lane;
    place_in_lane_[id] = static_cast<std::uint32_t>(lanes_[lane].symbols.size());
    lanes_[lane].symbols.push_back(id);
  }
}

}  // namespace tickerhouse::engine

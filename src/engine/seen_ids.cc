#include "engine/seen_ids.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace tickerhouse::engine {
namespace {
constexpr std::size_t kSlotsAtStart = 1'024;
}

SeenIds::SeenIds() : slots_(kSlotsAtStart) {}

std::size_t SeenIds::place_of(const base::Hash128& id) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = id.low & mask;
  while (!empty(slots_[i]) && slots_[i].id != id) i = (i + 1) & mask;
  return i;
}

SeenIds::Answer SeenIds::insert(const base::Hash128& id, flow::SymbolId symbol, base::TsNanos forget_at,
                                const flow::EventTime& time) {
  std::size_t i = place_of(id);
  if (!empty(slots_[i])) {
    if (time.of(symbol) < slots_[i].forget_at) return Answer::duplicate;
    slots_[i].forget_at = forget_at;
    return Answer::reused;
  }
  if ((used_ + 1) * 2 > slots_.size()) {
    rebuild(time);
    i = place_of(id);
  }
  slots_[i] = {id, forget_at, symbol, 0};
  ++used_;
  return Answer::fresh;
}

void SeenIds::rebuild(const flow::EventTime& time) {
  const auto alive = [&time](const Slot& slot) {
    return !empty(slot) && time.of(slot.symbol) < slot.forget_at;
  };
  const auto kept = static_cast<std::size_t>(std::count_if(slots_.begin(), slots_.end(), alive));
  spare_.assign(kept * 4 > slots_.size() ? slots_.size() * 2 : slots_.size(), Slot{});
  spare_.swap(slots_);
  used_ = 0;
  for (const Slot& slot : spare_)
    if (alive(slot)) {
      slots_[place_of(slot.id)] = slot;
      ++used_;
    }
}

void SeenIds::save(base::ByteWriter& out) const {
  out.put(static_cast<std::uint64_t>(slots_.size()));
  out.put(static_cast<std::uint64_t>(used_));
  for (const Slot& slot : slots_)
    if (!empty(slot)) {
      out.put(slot.id.low);
      out.put(slot.id.high);
      out.put(slot.forget_at);
      out.put(slot.symbol);
    }
}

void SeenIds::load(base::ByteReader& in) {
  const auto size = in.get<std::uint64_t>();
  const auto used = in.get<std::uint64_t>();
  slots_.assign(in.ok() && std::has_single_bit(size) && size >= kSlotsAtStart ? size : kSlotsAtStart, Slot{});
  used_ = 0;
  for (std::uint64_t k = 0; k < used && in.ok() && used_ * 2 < slots_.size(); ++k) {
    Slot slot;
    slot.id.low = in.get<std::uint64_t>();
    slot.id.high = in.get<std::uint64_t>();
    slot.forget_at = in.get<base::TsNanos>();
    slot.symbol = in.get<flow::SymbolId>();
    slots_[place_of(slot.id)] = slot;
    ++used_;
  }
}

}  // namespace tickerhouse::engine

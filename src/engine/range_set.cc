#include "engine/range_set.h"

#include <algorithm>

namespace tickerhouse::engine {

void RangeSet::add(base::TsNanos start, base::TsNanos end) {
  // The first range that touches or follows [start, end) ...
  const auto first = std::lower_bound(ranges_.begin(), ranges_.end(), start,
                                      [](const Range& range, base::TsNanos ts) { return range.end < ts; });
  auto last = first;
  while (last != ranges_.end() && last->start <= end) {  // ... and all that melt into it
    start = std::min(start, last->start);
    end = std::max(end, last->end);
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, Range{start, end});
    return;
  }
  *first = {start, end};
  ranges_.erase(first + 1, last);
}

bool RangeSet::overlaps(base::TsNanos start, base::TsNanos end) const {
  if (ranges_.empty() || start >= ranges_.back().end) return false;
  const auto found = std::upper_bound(ranges_.begin(), ranges_.end(), start,
                                      [](base::TsNanos ts, const Range& range) { return ts < range.end; });
  return found != ranges_.end() && found->start < end;
}

void RangeSet::save(base::ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(ranges_.size()));
  for (const Range& range : ranges_) {
    out.put(range.start);
    out.put(range.end);
  }
}

void RangeSet::load(base::ByteReader& in) {
  ranges_.clear();
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const auto start = in.get<base::TsNanos>();
    ranges_.push_back({start, in.get<base::TsNanos>()});
  }
}

}  // namespace tickerhouse::engine

// A set of half-open stretches of event time, kept merged: which windows of a symbol have settled, which
// panes are flawed. Most sets hold one to a few ranges and most questions lie beyond the last one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace tickerhouse::engine {

class RangeSet {
 public:
  void add(base::TsNanos start, base::TsNanos end);
  [[nodiscard]] bool contains(base::TsNanos ts) const { return overlaps(ts, ts + 1); }
  [[nodiscard]] bool overlaps(base::TsNanos start, base::TsNanos end) const;
  [[nodiscard]] base::TsNanos end() const { return ranges_.empty() ? base::kNoTime : ranges_.back().end; }
  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);

 private:
  struct Range {
    base::TsNanos start;
    base::TsNanos end;
  };
  std::vector<Range> ranges_;  // ascending, with gaps between
};

}  // namespace tickerhouse::engine

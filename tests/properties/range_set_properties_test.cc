// Ranges as a plain set of points would hold them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "engine/range_set.h"

namespace tickerhouse::engine {
namespace {

RC_GTEST_PROP(RangeSetProperties, AsASetOfPoints, ()) {
  RangeSet ranges;
  std::set<base::TsNanos> points;
  const auto adds = *rc::gen::inRange(0, 20);
  for (int i = 0; i < adds; ++i) {
    const auto start = *rc::gen::inRange<base::TsNanos>(-30, 30);
    const auto end = start + *rc::gen::inRange<base::TsNanos>(1, 12);
    ranges.add(start, end);
    for (base::TsNanos at = start; at < end; ++at) points.insert(at);
  }
  std::string bytes;
  base::ByteWriter writer(bytes);
  ranges.save(writer);
  RangeSet loaded;
  base::ByteReader reader(bytes);
  loaded.load(reader);
  RC_ASSERT(reader.at_end());
  for (base::TsNanos at = -35; at < 45; ++at) {
    RC_ASSERT(ranges.contains(at) == points.contains(at));
    RC_ASSERT(loaded.contains(at) == points.contains(at));
    const base::TsNanos end = at + 1 + (at & 3);
    const auto first = points.lower_bound(at);
    RC_ASSERT(ranges.overlaps(at, end) == (first != points.end() && *first < end));
  }
  RC_ASSERT(ranges.end() == (points.empty() ? base::kNoTime : *points.rbegin() + 1));
}

}  // namespace
}  // namespace tickerhouse::engine

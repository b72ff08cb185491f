#include "engine/range_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <utility>
#include <vector>

namespace tickerhouse::engine {
namespace {

RC_GTEST_PROP(RangeSet, IsASetOfInstants, ()) {
  RangeSet ranges;
  std::set<base::TsNanos> naive;
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(-60, 60), rc::gen::inRange(1, 12)));
  for (const auto& [start, length] : steps) {
    ranges.add(start, start + length);
    for (int ts = start; ts < start + length; ++ts) naive.insert(ts);
  }
  std::string bytes;
  base::ByteWriter writer(bytes);
  ranges.save(writer);
  RangeSet loaded;
  base::ByteReader reader(bytes);
  loaded.load(reader);
  RC_ASSERT(reader.at_end());
  for (const RangeSet* set : {&ranges, &loaded}) {
    for (int ts = -65; ts < 80; ++ts) RC_ASSERT(set->contains(ts) == naive.contains(ts));
    for (int start = -65; start < 75; start += 3)
      for (int end = start + 1; end < start + 9; ++end) {
        const auto next = naive.lower_bound(start);
        RC_ASSERT(set->overlaps(start, end) == (next != naive.end() && *next < end));
      }
    RC_ASSERT(set->end() == (naive.empty() ? base::kNoTime : *naive.rbegin() + 1));
  }
}

TEST(RangeSet, RangesThatTouchBecomeOne) {
  RangeSet ranges;
  for (const base::TsNanos start : {30, 10, 20, 0}) ranges.add(start, start + 10);
  std::string bytes;
  base::ByteWriter writer(bytes);
  ranges.save(writer);
  EXPECT_EQ(bytes.size(), 4U + 16U) << "one range";
}

}  // namespace
}  // namespace tickerhouse::engine

#include "analytics/aggregate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace tickerhouse::analytics {
namespace {

using market::BarRow;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Event {
  market::EventRow row;
  EventKey key;
};

Event trade(std::int64_t price, std::int64_t size, EventKey key = {}) {
  Event event;
  event.row.trade.price.units = price;
  event.row.trade.size.units = size;
  event.key = key;
  return event;
}

Event snapshot(std::int64_t price, std::int64_t day_volume, EventKey key = {}) {
  Event event = trade(price, day_volume, key);
  event.row.kind = market::EventKind::snapshot;
  event.row.flags = market::kVolumeCumulative;
  return event;
}

BarRow bar_of(const std::vector<Event>& events, const VolumeBase& base = {}) {
  Aggregate aggregate;
  for (const Event& event : events) aggregate.add(event.row, event.key);
  BarRow bar;
  fill_bar(aggregate, base, bar);
  return bar;
}

bool knows(const BarRow& bar, std::uint8_t column) { return (bar.known & column) != 0; }

// Any order and any grouping of the same events is the same bar.
RC_GTEST_PROP(Aggregate, MergingInAnyOrderIsAddingInOrder, ()) {
  const auto drawn =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<std::tuple<int, int, int, int>>>(rc::gen::tuple(
          rc::gen::inRange(0, 6), rc::gen::inRange(1, 50), rc::gen::inRange(0, 9), rc::gen::inRange(0, 10))));
  const bool huge = *rc::gen::inRange(0, 4) == 0;
  std::vector<Event> events;
  for (const auto& [ts, price, size, kind] : drawn) {
    const EventKey key{ts, price % 3, events.size()};
    const std::int64_t factor = huge ? kMax / 50 : 1;
    Event event = kind == 0 ? snapshot(price, size, key) : trade(price * factor, size * factor, key);
    if (kind == 1) event.row.flags |= market::kSizeUnknown;
    events.push_back(event);
  }
  const BarRow expected = bar_of(events, {true, {3}});
  std::vector<std::size_t> group_of;
  for (std::size_t i = 0; i < events.size(); ++i) group_of.push_back(*rc::gen::inRange<std::size_t>(0, 4));
  std::vector<Aggregate> groups(4);
  for (std::size_t i = events.size(); i-- > 0;) groups[group_of[i]].add(events[i].row, events[i].key);
  Aggregate merged;
  const std::size_t first = *rc::gen::inRange<std::size_t>(0, 4);
  for (std::size_t g = 0; g < 4; ++g) merged.merge(groups[(first + g) % 4]);
  BarRow bar;
  fill_bar(merged, {true, {3}}, bar);
  RC_ASSERT(std::memcmp(&bar, &expected, sizeof bar) == 0);
}

TEST(Aggregate, FractionsAreRoundedHalfToEven) {
  EXPECT_EQ(bar_of({trade(1, 1), trade(2, 1)}).price_avg.units, 2);               // 1.5
  EXPECT_EQ(bar_of({trade(2, 1), trade(3, 1)}).price_avg.units, 2);               // 2.5
  EXPECT_EQ(bar_of({trade(3, 1), trade(4, 1)}).price_avg.units, 4);               // 3.5
  EXPECT_EQ(bar_of({trade(2, 1), trade(2, 1), trade(3, 1)}).price_avg.units, 2);  // 2.33
  EXPECT_EQ(bar_of({trade(1, 1), trade(2, 3)}).vwap.units, 2);                    // 1.75
  EXPECT_EQ(bar_of({trade(1, 1), trade(4, 1)}).vwap.units, 2);                    // 2.5
}

TEST(Aggregate, TheChangeIsAPercentageOfTheOpen) {
  const auto change = [](std::int64_t open, std::int64_t close) {
    return static_cast<std::int64_t>(
        bar_of({trade(open, 1, {1, 0, 0}), trade(close, 1, {2, 0, 1})}).pct_change);
  };
  EXPECT_EQ(change(100, 101), 1'000'000);
  EXPECT_EQ(change(100, 99), -1'000'000);
  EXPECT_EQ(change(3, 4), 33'333'333);
  EXPECT_EQ(change(3, 2), -33'333'333);
  EXPECT_EQ(change(200'000'000, 200'000'001), 0);   // 0.5 of the last digit: to even
  EXPECT_EQ(change(200'000'000, 200'000'003), 2);   // 1.5
  EXPECT_EQ(change(200'000'000, 199'999'997), -2);  // -1.5
  EXPECT_EQ(change(5, 5), 0);
}

TEST(Aggregate, AnUnknownSizeMakesTheSumsUnknown) {
  Event unknown = trade(5, 0);
  unknown.row.flags |= market::kSizeUnknown;
  const BarRow bar = bar_of({trade(1, 1), unknown});
  EXPECT_EQ(bar.trade_count, 2);
  EXPECT_EQ(bar.known, market::known::kPriceAvg | market::known::kPctChange);
  EXPECT_EQ(bar.volume, 0);
  EXPECT_EQ(bar.quality, 0);
}

TEST(Aggregate, NoVolumeHasNoAverage) {
  const BarRow bar = bar_of({trade(5, 0)});
  EXPECT_TRUE(knows(bar, market::known::kVolume));
  EXPECT_TRUE(knows(bar, market::known::kNotional));
  EXPECT_FALSE(knows(bar, market::known::kVwap));
}

TEST(Aggregate, SumsBeyond38DigitsAreUnknownAndSaySo) {
  const BarRow one = bar_of({trade(kMax, kMax)});  // 8.5e37 fits
  EXPECT_TRUE(knows(one, market::known::kNotional));
  EXPECT_EQ(one.vwap.units, kMax);
  EXPECT_EQ(one.quality, 0);
  const BarRow two = bar_of({trade(kMax, kMax), trade(kMax, kMax)});
  EXPECT_EQ(two.quality, market::quality::kOverflow);
  EXPECT_FALSE(knows(two, market::known::kNotional));
  EXPECT_FALSE(knows(two, market::known::kVwap));
  EXPECT_TRUE(knows(two, market::known::kVolume));
  EXPECT_EQ(two.price_avg.units, kMax);
}

TEST(Aggregate, SnapshotsCountFromWhatTheDayHadBefore) {
  const auto volume = [](std::int64_t now, const VolumeBase& base) {
    const BarRow bar = bar_of({snapshot(5, 1, {1, 0, 0}), snapshot(5, now, {2, 0, 1})}, base);
    EXPECT_EQ(bar.trade_count, 0);
    EXPECT_FALSE(knows(bar, market::known::kNotional));
    return knows(bar, market::known::kVolume) ? static_cast<std::int64_t>(bar.volume) : -1;
  };
  EXPECT_EQ(volume(700, {true, {200}}), 500);
  EXPECT_EQ(volume(700, {true, {0}}), 700);
  EXPECT_EQ(volume(700, {true, {700}}), 0);
  EXPECT_EQ(volume(700, {true, {701}}), -1);
  EXPECT_EQ(volume(700, {}), -1);
  Event last = snapshot(5, 9, {3, 0, 2});
  last.row.flags = market::kSizeUnknown;
  EXPECT_FALSE(knows(bar_of({snapshot(5, 1, {1, 0, 0}), last}, {true, {0}}), market::known::kVolume));
}

TEST(Aggregate, AWindowWithATradeTakesItsVolumeFromTrades) {
  const BarRow bar = bar_of({snapshot(5, 900, {1, 0, 0}), trade(7, 3, {2, 0, 1})}, {true, {0}});
  EXPECT_EQ(bar.volume, 3);
  EXPECT_EQ(bar.trade_count, 1);
  EXPECT_EQ(bar.price_avg.units, 6);
}

}  // namespace
}  // namespace tickerhouse::analytics

// A window is the sum of its events, however they are grouped and in whatever order they come.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "analytics/aggregate.h"

namespace tickerhouse::analytics {
namespace {

struct Event {
  market::EventRow row;
  EventKey key;
};

// Few distinct times, numbers and prices, so that ties are common; some sums overflow.
std::vector<Event> drawn_events() {
  const auto count = *rc::gen::inRange<std::size_t>(0, 40);
  std::vector<Event> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    Event& event = events[i];
    event.row.ts_event = *rc::gen::inRange(0, 5);
    event.row.seq = *rc::gen::inRange(0, 3);
    event.key = {event.row.ts_event, event.row.seq, i};
    const bool huge = *rc::gen::weightedElement<bool>({{9, false}, {1, true}});
    event.row.trade.price = {huge ? std::int64_t{9'000'000'000'000'000'000} : *rc::gen::inRange(1, 4)};
    event.row.trade.size = {huge ? std::int64_t{9'000'000'000'000'000'000} : *rc::gen::inRange(0, 3)};
    if (*rc::gen::inRange(0, 5) == 0) event.row.flags |= market::kSizeUnknown;
    if (*rc::gen::inRange(0, 5) == 0) {
      event.row.kind = market::EventKind::snapshot;
      if (*rc::gen::arbitrary<bool>()) event.row.flags |= market::kVolumeCumulative;
    }
  }
  return events;
}

market::BarRow bar_of(const Aggregate& sum) {
  market::BarRow bar;
  if (!sum.empty()) fill_bar(sum, {true, {}}, bar);
  return bar;
}

RC_GTEST_PROP(AggregateProperties, GroupsAndOrderChangeNothing, ()) {
  std::vector<Event> events = drawn_events();
  Aggregate whole;
  for (const Event& event : events) whole.add(event.row, event.key);

  for (std::size_t i = events.size(); i > 1; --i)
    std::swap(events[i - 1], events[*rc::gen::inRange<std::size_t>(0, i)]);
  std::vector<Aggregate> groups(*rc::gen::inRange<std::size_t>(1, 6));
  for (const Event& event : events)
    groups[*rc::gen::inRange<std::size_t>(0, groups.size())].add(event.row, event.key);
  Aggregate merged;
  for (const Aggregate& group : groups) merged.merge(group);

  const market::BarRow a = bar_of(whole);
  const market::BarRow b = bar_of(merged);
  RC_ASSERT(std::memcmp(&a, &b, sizeof a) == 0);
}

RC_GTEST_PROP(AggregateProperties, PricesAreThoseOfTheFirstAndLastEvent, ()) {
  const std::vector<Event> events = drawn_events();
  RC_PRE(!events.empty());
  Aggregate sum;
  for (const Event& event : events) sum.add(event.row, event.key);
  std::vector<Event> sorted = events;
  std::sort(sorted.begin(), sorted.end(), [](const Event& a, const Event& b) { return a.key < b.key; });
  const auto [low, high] = std::minmax_element(
      events.begin(), events.end(),
      [](const Event& a, const Event& b) { return a.row.trade.price.units < b.row.trade.price.units; });
  const market::BarRow bar = bar_of(sum);
  RC_ASSERT(bar.open.units == sorted.front().row.trade.price.units);
  RC_ASSERT(bar.close.units == sorted.back().row.trade.price.units);
  RC_ASSERT(bar.low.units == low->row.trade.price.units);
  RC_ASSERT(bar.high.units == high->row.trade.price.units);
}

}  // namespace
}  // namespace tickerhouse::analytics

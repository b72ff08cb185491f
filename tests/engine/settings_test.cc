#include "engine/settings.h"

#include <gtest/gtest.h>

namespace tickerhouse::engine {
namespace {

using base::kMillisecond;
using base::kMinute;
using base::kSecond;

TEST(Settings, SurviveTheirText) {
  Settings settings;
  EXPECT_EQ(settings_from_text(to_text(settings)).value(), settings);
  settings.bound = 0;
  settings.allowed_lateness = 90 * kSecond;
  settings.skew = 250 * kMillisecond;
  settings.partitions = kPartitionsMax;
  settings.intervals = {250 * kMillisecond, 90 * kSecond, kIntervalMax};
  EXPECT_EQ(settings_from_text(to_text(settings)).value(), settings);
}

TEST(Settings, UnreadableTextIsDamage) {
  const std::string whole = to_text(Settings{});
  for (const std::string text :
       {"bound", "bound=", "bound=5", "colour=red", "partitions=x", "partitions=1x", "partitions=-1",
        "partitions=70000", "intervals=1m,5m", "bound=1ms", "partitions=0"}) {
    const auto read = settings_from_text(whole + text + "\n");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, base::ErrorCode::damaged);
  }
}

TEST(Settings, EveryProblemIsNamed) {
  EXPECT_TRUE(problems_of(Settings{}).empty());
  Settings settings;
  settings.bound = -1;
  settings.skew = 400 * base::kDay;
  settings.allowed_lateness = kMillisecond;
  settings.partitions = 0;
  settings.intervals = {kMinute, kMinute, 8 * base::kDay};
  std::string all;
  for (const std::string& problem : problems_of(settings)) all.append(problem).append("\n");
  for (const char* key : {"bound", "skew", "allowed_lateness", "partitions", "named twice", "at most 7d"})
    EXPECT_NE(all.find(key), std::string::npos) << key << " in\n" << all;
  settings = {};
  settings.intervals.clear();
  EXPECT_EQ(problems_of(settings).size(), 1U);
}

TEST(Settings, ThePaneIsAMinuteOrTheGreatestCommonDivisor) {
  Settings settings;
  EXPECT_EQ(pane_of(settings), kMinute);
  settings.intervals = {5 * kMinute, base::kHour};
  EXPECT_EQ(pane_of(settings), kMinute);
  settings.intervals = {90 * kSecond, kMinute};
  EXPECT_EQ(pane_of(settings), 30 * kSecond);
  settings.intervals = {750 * kMillisecond, kSecond};
  EXPECT_EQ(pane_of(settings), 250 * kMillisecond);
}

TEST(Settings, TheFirstDifferenceIsSaidWithBothValues) {
  Settings other;
  EXPECT_EQ(first_difference(Settings{}, other), "");
  other.partitions = 8;
  EXPECT_EQ(first_difference(Settings{}, other), "partitions is 4 in this directory, not 8");
  other.bound = 7 * kSecond;
  EXPECT_EQ(first_difference(Settings{}, other), "bound is 5s in this directory, not 7s");
}

}  // namespace
}  // namespace tickerhouse::engine

#include "engine/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickerhouse::engine {
namespace {

class TimelineTest : public testing::Test {
 protected:
  [[nodiscard]] base::TsNanos time_of(flow::SymbolId symbol) const {
    return timeline_.event_time().of(symbol);
  }
  [[nodiscard]] bool finished(flow::SymbolId symbol) const {
    return timeline_.lane(timeline_.event_time().lane_of[symbol]).finished;
  }
  Timeline timeline_;
  flow::SymbolId apple_ = timeline_.symbol("AAPL");
  flow::SymbolId other_ = timeline_.symbol("MSFT");
  flow::SourceId first_ = timeline_.source("first");
  flow::SourceId second_ = timeline_.source("second");
};

TEST_F(TimelineTest, NamesKeepTheirNumbers) {
  EXPECT_EQ(timeline_.symbol("AAPL"), apple_);
  EXPECT_EQ(timeline_.source("second"), second_);
  EXPECT_EQ(timeline_.symbol_names(), (std::vector<std::string>{"AAPL", "MSFT"}));
}

TEST_F(TimelineTest, ASymbolHearsItsSourceAndNeverGoesBack) {
  EXPECT_EQ(time_of(apple_), base::kNoTime);
  timeline_.attach(apple_, first_);
  EXPECT_EQ(time_of(apple_), base::kNoTime);
  timeline_.advance(first_, 100);
  timeline_.advance(first_, 50);
  EXPECT_EQ(time_of(apple_), 100);
  timeline_.attach(other_, first_);
  EXPECT_EQ(time_of(other_), 100);
  EXPECT_EQ(timeline_.event_time().lane_of[apple_], timeline_.event_time().lane_of[other_]);
}

TEST_F(TimelineTest, TwoUnfinishedSourcesGiveTheLeastAndNeverBack) {
  timeline_.attach(apple_, first_);
  timeline_.attach(other_, first_);
  timeline_.advance(first_, 100);
  timeline_.attach(apple_, second_);
  EXPECT_EQ(time_of(apple_), 100) << "what it had reached stays";
  EXPECT_EQ(time_of(other_), 100);
  timeline_.advance(second_, 60);
  timeline_.advance(first_, 200);
  EXPECT_EQ(time_of(apple_), 100);
  EXPECT_EQ(time_of(other_), 200);
  timeline_.advance(second_, 150);
  EXPECT_EQ(time_of(apple_), 150);
  timeline_.finish(second_, 160);
  EXPECT_EQ(time_of(apple_), 200) << "a finished source holds nobody back";
  EXPECT_FALSE(finished(apple_));
  timeline_.finish(first_, 300);
  EXPECT_TRUE(finished(apple_));
  EXPECT_EQ(time_of(apple_), 300);
}

TEST_F(TimelineTest, ALaterSourceBringsItsOwnTime) {
  timeline_.attach(apple_, first_);
  timeline_.advance(first_, 100);
  timeline_.finish(first_, 500);
  timeline_.attach(apple_, second_);
  EXPECT_EQ(time_of(apple_), base::kNoTime);
  timeline_.advance(second_, 20);
  EXPECT_EQ(time_of(apple_), 20);
}

TEST_F(TimelineTest, AFinishedInputThatHasGrownGoesOn) {
  timeline_.attach(apple_, first_);
  timeline_.advance(first_, 100);
  timeline_.finish(first_, 500);
  timeline_.attach(apple_, first_);
  EXPECT_FALSE(finished(apple_));
  EXPECT_EQ(time_of(apple_), 500);
  timeline_.finish(first_, 600);
  EXPECT_TRUE(finished(apple_));
}

TEST_F(TimelineTest, SurvivesItsBytes) {
  timeline_.attach(apple_, first_);
  timeline_.attach(other_, first_);
  timeline_.advance(first_, 100);
  timeline_.attach(apple_, second_);
  timeline_.advance(second_, 50);
  const flow::SymbolId silent = timeline_.symbol("NVDA");
  std::string bytes;
  base::ByteWriter writer(bytes);
  timeline_.save(writer);
  Timeline loaded;
  base::ByteReader reader(bytes);
  loaded.load(reader);
  ASSERT_TRUE(reader.at_end());
  for (Timeline* timeline : {&timeline_, &loaded}) {
    timeline->attach(silent, second_);
    timeline->advance(second_, 120);
    timeline->finish(first_, 400);
  }
  for (const flow::SymbolId symbol : {apple_, other_, silent})
    EXPECT_EQ(loaded.event_time().of(symbol), timeline_.event_time().of(symbol));
  std::string again;
  std::string expected;
  base::ByteWriter again_writer(again);
  base::ByteWriter expected_writer(expected);
  loaded.save(again_writer);
  timeline_.save(expected_writer);
  EXPECT_EQ(again, expected);
}

}  // namespace
}  // namespace tickerhouse::engine

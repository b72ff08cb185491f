// A live source that falls silent: the clock decides, and what it decides is a record.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/ingest/ingest.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using base::kMillisecond;
using base::kMinute;
using base::kSecond;
using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using Lines = std::vector<std::string>;

class IdleTest : public testing::Test {
 protected:
  IdleTest() {
    options_.settings = settings_of(1, {kMinute});  // bound 5 s, idle_timeout 10 s
    clock_.wall = at("10:00:00");
  }
  std::unique_ptr<Ingest> open(flow::Source& source) {
    auto ingest = Ingest::open(options_, *tape_, source, clock_);
    EXPECT_TRUE(ingest.ok()) << ingest.error().message();
    return ingest.ok() ? std::move(ingest).value() : nullptr;
  }
  // As often as the pipeline would ask, and more.
  void be_quiet(Ingest& ingest, base::DurationNanos duration) {
    for (base::DurationNanos passed = 0; passed < duration; passed += 50 * kMillisecond) {
      clock_.pass(50 * kMillisecond);
      const auto state = ingest.step();
      ASSERT_TRUE(state.ok());
    }
  }
  Lines marks() {
    Lines lines = words_of(*tape_, Topic::events);
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("W "); });
    return lines;
  }
  flow::Ledger ledger() {
    return ShardProgress::decode(flow::position_of(*tape_, shard_writer(0)).value())->counts.ledger;
  }

  IngestOptions options_;
  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
  FakeClock clock_;
};

TEST_F(IdleTest, TheClockDecidesAfterTheTimeoutOnceASecond) {
  ScriptedSource source("feed", {trade("AAPL", "10:00:00.3", "1", "1")}, true);
  const auto ingest = open(source);
  drain(*ingest);
  EXPECT_EQ(marks(), Lines{"W 09:59:55.25"});
  be_quiet(*ingest, 10 * kSecond - 50 * kMillisecond);
  EXPECT_EQ(marks().size(), 1U) << "not before idle_timeout has passed";
  be_quiet(*ingest, 3 * kSecond + 150 * kMillisecond);
  // max(ts_event) + quiet - bound - idle_timeout: at 10 s of silence that is where the watermark stands, and
  // so nothing.
  EXPECT_EQ(marks(), (Lines{"W 09:59:55.25", "W 09:59:55.5 by clock", "W 09:59:56.5 by clock",
                            "W 09:59:57.5 by clock"}));
}

TEST_F(IdleTest, MarksAreAtMostOneASecondAndOnTheGrid) {
  ScriptedSource source("feed", {trade("AAPL", "10:00:00.123456789", "1", "1")}, true);
  const auto ingest = open(source);
  drain(*ingest);
  be_quiet(*ingest, 100 * kSecond);
  EXPECT_LE(marks().size(), 1U + 91U);
  EXPECT_GE(marks().size(), 1U + 88U);
  const auto reader = tape_->read(Topic::events, 0, {});
  flow::TapeBatch batch;
  base::TsNanos last = base::kNoTime;
  while ((*reader)->next(batch).value())
    for (const market::EventRow& row : market::EventBatchView(batch.bytes).rows())
      if (row.kind == market::EventKind::watermark) {
        EXPECT_EQ(row.ts_event % engine::kTimeGrid, 0);
        EXPECT_GT(row.ts_event, last);
        last = row.ts_event;
      }
}

TEST_F(IdleTest, BarsCloseOnSilence) {
  ScriptedSource source("feed", {trade("AAPL", "10:00:30", "1", "1")}, true);
  clock_.wall = at("10:00:30");
  const auto ingest = open(source);
  drain(*ingest);
  be_quiet(*ingest, 46 * kSecond);
  run_shard(*tape_, options_.settings);
  EXPECT_EQ(words_of(*tape_, Topic::bars),
            Lines{"bar AAPL 1m 10:00 final 0 O 1 H 1 L 1 C 1 V 1 n 1 vwap 1 partial"});
}

TEST_F(IdleTest, NothingIsDecidedForASourceThatNeverSpoke) {
  ScriptedSource source("feed", {}, true);
  const auto ingest = open(source);
  be_quiet(*ingest, 60 * kSecond);
  EXPECT_EQ(words_of(*tape_, Topic::events), Lines{"started 10:00"});
}

TEST_F(IdleTest, ARecordedSourceIsNeverIdleByTheClock) {
  ScriptedSource source("file", {trade("AAPL", "10:00:00", "1", "1")});
  source.at_end = flow::PollState::idle;
  const auto ingest = open(source);
  drain(*ingest);
  be_quiet(*ingest, 60 * kSecond);
  EXPECT_EQ(marks().size(), 1U);
}

TEST_F(IdleTest, WhatComesBackOlderIsLateAndNotLost) {
  ScriptedSource source("feed", {trade("AAPL", "10:00:30", "1", "1")}, true);
  clock_.wall = at("10:00:30");
  const auto ingest = open(source);
  drain(*ingest);
  be_quiet(*ingest, 60 * kSecond);  // the watermark is at 10:01:15
  source.script.push_back(trade("AAPL", "10:00:40", "3", "1"));
  source.script.push_back(trade("AAPL", "10:01:20", "2", "1"));
  drain(*ingest);
  be_quiet(*ingest, 75 * kSecond);
  run_shard(*tape_, options_.settings);
  EXPECT_EQ(ledger().used, 2U);
  EXPECT_EQ(ledger().late_revised, 1U);
  const Lines bars = words_of(*tape_, Topic::bars);
  ASSERT_GE(bars.size(), 2U);
  EXPECT_EQ(bars[0], "bar AAPL 1m 10:00 final 0 O 1 H 1 L 1 C 1 V 1 n 1 vwap 1 partial");
  EXPECT_EQ(bars[1], "bar AAPL 1m 10:00 revised 1 O 1 H 3 L 1 C 3 V 2 n 2 vwap 2 partial|late");
}

TEST_F(IdleTest, TheSilenceEndsWithTheNextEvent) {
  ScriptedSource source("feed", {trade("AAPL", "10:00:00", "1", "1")}, true);
  const auto ingest = open(source);
  drain(*ingest);
  be_quiet(*ingest, 15 * kSecond);
  const std::size_t before = marks().size();
  source.script.push_back(trade("AAPL", "10:00:01", "1", "1"));
  drain(*ingest);
  be_quiet(*ingest, 9 * kSecond);
  EXPECT_EQ(marks().size(), before) << "data came: the timeout begins anew";
}

TEST_F(IdleTest, AQuietSourceDoesNotHoldBackAnother) {
  ScriptedSource quiet("quiet", {trade("AAPL", "10:00:30", "1", "1")}, true);
  ScriptedSource busy("busy", {trade("MSFT", "10:00:30", "2", "1")}, true);
  clock_.wall = at("10:00:30");
  const auto first = open(quiet);
  drain(*first);
  const auto second = open(busy);
  drain(*second);
  clock_.pass(45 * kSecond);
  busy.script.push_back(trade("MSFT", "10:01:05", "2", "1"));
  drain(*second);  // only this one is stepped: the other is not even asked
  run_shard(*tape_, options_.settings);
  EXPECT_EQ(words_of(*tape_, Topic::bars),
            Lines{"bar MSFT 1m 10:00 final 0 O 2 H 2 L 2 C 2 V 1 n 1 vwap 2 partial"});
}

TEST_F(IdleTest, MergedSymbolsGoOnWithoutTheQuietSource) {
  options_.merge = true;
  ScriptedSource quiet("quiet", {trade("AAPL", "10:00:30", "1", "1")}, true);
  ScriptedSource busy("busy", {trade("AAPL", "10:00:31", "2", "1")}, true);
  clock_.wall = at("10:00:30");
  const auto first = open(quiet);
  drain(*first);
  const auto second = open(busy);
  drain(*second);
  be_quiet(*first, 30 * kSecond);
  busy.script.push_back(trade("AAPL", "10:01:05", "2", "1"));
  drain(*second);
  run_shard(*tape_, options_.settings);
  EXPECT_TRUE(words_of(*tape_, Topic::bars).empty()) << "the quiet one may still bring 10:00";
  be_quiet(*first, 20 * kSecond);
  run_shard(*tape_, options_.settings);
  EXPECT_EQ(words_of(*tape_, Topic::bars),
            Lines{"bar AAPL 1m 10:00 final 0 O 1 H 2 L 1 C 2 V 2 n 2 vwap 1.5 partial"});
}

TEST_F(IdleTest, StartAndStopMakeTheBarsAroundThemPartial) {
  clock_.wall = at("10:00:20");
  ScriptedSource source("feed", {trade("AAPL", "10:00:21", "1", "1")}, true);
  auto ingest = open(source);
  drain(*ingest);
  clock_.wall = at("10:02:30");
  source.script.push_back(trade("AAPL", "10:01:21", "1", "1"));
  source.script.push_back(trade("AAPL", "10:02:21", "1", "1"));
  drain(*ingest);
  const base::Status stopped = ingest->stop();
  ASSERT_TRUE(stopped.ok()) << stopped.error().message();
  EXPECT_EQ(words_of(*tape_, Topic::events).back(), "stopped 10:02:30");
  clock_.wall = at("10:04:10");
  source.script.push_back(trade("AAPL", "10:03:21", "1", "1"));
  source.script.push_back(trade("AAPL", "10:04:11", "1", "1"));
  source.script.push_back(trade("AAPL", "10:05:11", "1", "1"));
  source.script.push_back(trade("AAPL", "10:06:11", "1", "1"));
  ingest = open(source);
  ASSERT_NE(ingest, nullptr) << "a live source must be able to start again";
  clock_.wall = at("10:07:00");
  drain(*ingest);
  run_shard(*tape_, options_.settings);
  const Lines bars = words_of(*tape_, Topic::bars);
  ASSERT_EQ(bars.size(), 6U);
  const std::string rest = " final 0 O 1 H 1 L 1 C 1 V 1 n 1 vwap 1";
  EXPECT_EQ(bars, (Lines{"bar AAPL 1m 10:00" + rest + " partial", "bar AAPL 1m 10:01" + rest,
                         "bar AAPL 1m 10:02" + rest + " partial", "bar AAPL 1m 10:03" + rest,
                         "bar AAPL 1m 10:04" + rest + " partial", "bar AAPL 1m 10:05" + rest}));
}

}  // namespace
}  // namespace tickerhouse::runtime

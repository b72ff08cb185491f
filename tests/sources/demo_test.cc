// The demo's market on a clock that moves when told: every trade at its moment, once, whatever restarts and
// changes of faults there are.
#include "sources/simulator/demo.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "sources/simulator/oracle.h"
#include "tests/sources/simulator_support.h"

namespace tickerhouse::sources {
namespace {

constexpr base::TsNanos kNow = 1'767'623'400 * base::kSecond;  // 2026-01-05T14:30:00Z

class StandingClock final : public base::Clock {
 public:
  base::TsNanos wall_now() override { return now; }
  base::DurationNanos monotonic_now() override { return now; }
  void sleep_for(base::DurationNanos /*duration*/) override {}
  base::TsNanos now = kNow;
};

DemoOptions options_of(base::DurationNanos catch_up = base::kHour, FaultRates faults = {}) {
  DemoOptions options;
  options.market.symbols = default_symbols(4);
  options.market.rate = 20;
  options.market.faults = std::move(faults);
  options.catch_up = catch_up;
  return options;
}

struct Heard {
  std::vector<market::EventRow> rows;
  std::string position;
  std::uint64_t rejects = 0;
};

void poll_all(DemoSource& demo, Heard& run, std::size_t records_max = 500) {
  flow::SourceBatch batch;
  for (;;) {
    batch.clear();
    const auto state = demo.poll(records_max, batch);
    ASSERT_TRUE(state.ok());
    for (const market::EventRow& row : batch.events.rows) run.rows.push_back(row);
    run.rejects += batch.rejects.size();
    if (!batch.position.empty()) run.position = batch.position;
    if (*state == flow::PollState::idle) return;
  }
}

// Every number once, from 1 on.
void expect_numbers_without_holes(const std::vector<market::EventRow>& rows) {
  std::set<std::int64_t> numbers;
  for (const market::EventRow& row : rows) EXPECT_TRUE(numbers.insert(row.seq).second) << row.seq;
  ASSERT_FALSE(numbers.empty());
  EXPECT_EQ(*numbers.begin(), 1);
  EXPECT_EQ(*numbers.rbegin(), static_cast<std::int64_t>(numbers.size()));
}

TEST(Demo, ThePastComesAtOnceAndThePresentAtItsMoment) {
  StandingClock clock;
  const auto demo = make_demo(options_of(), clock).value();
  EXPECT_TRUE(demo->info().live);
  EXPECT_EQ(demo->caught_up(), 0);
  Heard run;
  poll_all(*demo, run);
  EXPECT_NEAR(static_cast<double>(run.rows.size()), 4 * 3600, 20);  // one a second and symbol
  EXPECT_GE(run.rows.front().ts_event, kNow - base::kHour);
  EXPECT_EQ(demo->caught_up(), 1);
  for (int second = 0; second < 100; ++second) {
    const std::size_t before = run.rows.size();
    clock.now += base::kSecond;
    poll_all(*demo, run);
    EXPECT_NEAR(static_cast<double>(run.rows.size() - before), 20, 2);
    for (std::size_t i = before; i < run.rows.size(); ++i) EXPECT_LE(run.rows[i].ts_recv, clock.now);
  }
  expect_numbers_without_holes(run.rows);
}

TEST(Demo, TheSizeOfAPollChangesNothing) {
  std::vector<std::vector<market::EventRow>> runs;
  for (const std::size_t records_max : {1U, 7U, 5'000U}) {
    StandingClock clock;
    const auto demo =
        make_demo(options_of(10 * base::kMinute, {{Fault::late, 0.05}, {Fault::duplicate, 0.05}}), clock)
            .value();
    Heard run;
    for (int i = 0; i < 60; ++i, clock.now += base::kSecond) poll_all(*demo, run, records_max);
    runs.push_back(run.rows);
  }
  ASSERT_EQ(runs[0].size(), runs[1].size());
  ASSERT_EQ(runs[0].size(), runs[2].size());
  for (std::size_t i = 0; i < runs[0].size(); ++i) {
    EXPECT_EQ(runs[0][i].seq, runs[1][i].seq);
    EXPECT_EQ(runs[0][i].ts_event, runs[2][i].ts_event);
    EXPECT_EQ(runs[0][i].trade.price.units, runs[2][i].trade.price.units);
  }
}

TEST(Demo, ARestartOpensASegmentAtThePresentAndLosesNoNumber) {
  StandingClock clock;
  Heard run;
  {
    const auto demo = make_demo(options_of(base::kMinute, {{Fault::late, 0.1}}), clock).value();
    for (int i = 0; i < 30; ++i, clock.now += base::kSecond) poll_all(*demo, run, 13);
  }
  const base::TsNanos stopped = clock.now;
  clock.now += 10 * base::kMinute;
  const auto demo = make_demo(options_of(base::kMinute, {}), clock).value();
  ASSERT_TRUE(demo->restore(run.position).ok());
  EXPECT_EQ(demo->observed_from(), clock.now);
  const std::size_t before = run.rows.size();
  for (int i = 0; i < 300; ++i, clock.now += base::kSecond) poll_all(*demo, run, 13);
  // What was put off still comes, nothing is of the time between, and the numbers go on.
  std::size_t old = 0;
  for (std::size_t i = before; i < run.rows.size(); ++i) {
    old += run.rows[i].ts_event < stopped ? 1U : 0U;
    EXPECT_TRUE(run.rows[i].ts_event < stopped || run.rows[i].ts_event >= stopped + 10 * base::kMinute);
  }
  EXPECT_GT(old, 5U);
  expect_numbers_without_holes(run.rows);
}

TEST(Demo, AKilledCatchUpGoesOnExactly) {
  StandingClock clock;
  Heard whole;
  poll_all(*make_demo(options_of(), clock).value(), whole);
  Heard cut;
  {
    const auto demo = make_demo(options_of(), clock).value();
    flow::SourceBatch batch;
    ASSERT_TRUE(demo->poll(5'000, batch).ok());
    for (const market::EventRow& row : batch.events.rows) cut.rows.push_back(row);
    cut.position = batch.position;
  }
  clock.now += base::kMinute;
  const auto demo = make_demo(options_of(), clock).value();
  ASSERT_TRUE(demo->restore(cut.position).ok());
  poll_all(*demo, cut);
  ASSERT_GT(cut.rows.size(), whole.rows.size());  // and a minute of the present
  for (std::size_t i = 0; i < whole.rows.size(); ++i) {
    EXPECT_EQ(cut.rows[i].seq, whole.rows[i].seq);
    EXPECT_EQ(cut.rows[i].ts_event, whole.rows[i].ts_event);
  }
  expect_numbers_without_holes(cut.rows);
}

TEST(Demo, FaultsChangeWhileItRuns) {
  StandingClock clock;
  const auto demo = make_demo(options_of(base::kMinute), clock).value();
  Heard run;
  for (int i = 0; i < 60; ++i, clock.now += base::kSecond) poll_all(*demo, run);
  EXPECT_EQ(run.rejects, 0U);
  ASSERT_TRUE(demo->set_faults({{Fault::malformed, 0.2}}).ok());
  for (int i = 0; i < 60; ++i, clock.now += base::kSecond) poll_all(*demo, run);
  EXPECT_NEAR(static_cast<double>(run.rejects), 240, 80);
  ASSERT_TRUE(demo->set_faults({}).ok());
  const std::uint64_t before = run.rejects;
  for (int i = 0; i < 60; ++i, clock.now += base::kSecond) poll_all(*demo, run);
  EXPECT_LE(run.rejects, before + 1);
  EXPECT_FALSE(demo->set_faults({{Fault::late, 2.0}}).ok());
  EXPECT_EQ(demo->faults(), FaultRates{});
  // A segment is in the position: what runs on from there has the same numbers.
  const auto again = make_demo(options_of(base::kMinute), clock).value();
  EXPECT_TRUE(again->restore(run.position).ok());
}

TEST(Demo, AnotherMarketIsRefused) {
  StandingClock clock;
  Heard run;
  poll_all(*make_demo(options_of(base::kMinute), clock).value(), run);
  DemoOptions other = options_of(base::kMinute);
  other.market.symbols = default_symbols(5);
  const auto demo = make_demo(other, clock).value();
  const base::Status status = demo->restore(run.position);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::configuration);
  EXPECT_FALSE(make_demo(options_of(base::kMinute), clock).value()->restore("rubbish").ok());
}

// The oracle's own judgement is checked against wrong bars; that right ones are found exact is shown by the
// whole program (tests/commands/test_run.py).
class OracleJudges : public testing::Test {
 protected:
  OracleJudges() {
    OracleOptions options;
    options.truth.intervals = {base::kMinute};
    options.observed_from = [this] { return observed_from; };
    oracle = make_oracle(options);
    market::EventRow row;
    row.kind = market::EventKind::trade;
    row.ts_event = kNow;
    row.ts_recv = kNow + base::kMillisecond;
    row.seq = 1;
    market::set_trade_id(row, "1");
    row.trade.price = {100'000'000'000};
    row.trade.size = {2'000'000};
    oracle->observe("AAPL", &row);
  }
  market::BarRow right() {
    market::BarRow bar;
    bar.window_start = kNow;
    bar.window_end = kNow + base::kMinute;
    bar.interval = base::kMinute;
    bar.open_time = bar.close_time = kNow;
    bar.open = bar.high = bar.low = bar.close = bar.vwap = bar.price_avg = {100'000'000'000};
    bar.volume = 2'000'000;
    bar.notional = static_cast<base::Int128>(200) * 1'000'000'000'000'000;
    bar.trade_count = 1;
    bar.trade_date = static_cast<std::int32_t>(kNow / base::kDay);
    bar.state = market::BarState::final;
    bar.known = 31;
    return bar;
  }
  void settle(const market::BarRow& bar) {
    market::BatchBuilder<market::BarRow> builder;
    builder.rows.push_back(bar);
    builder.rows.back().symbol = builder.strings.intern("AAPL");
    std::string bytes;
    builder.seal(bytes, 0);
    flow::ResultBatch batch;
    batch.topic = flow::Topic::settled;
    auto opened = market::BatchBytes::open(bytes);
    ASSERT_TRUE(opened.ok());
    batch.rows = {{0}, {1}, 0, *opened};
    ASSERT_TRUE(oracle->apply(batch).ok());
  }
  base::TsNanos observed_from = base::kNoTime;
  std::unique_ptr<Oracle> oracle;
};

TEST_F(OracleJudges, ARightBarIsExact) {
  settle(right());
  EXPECT_EQ(oracle->score().judged, 1U);
  EXPECT_EQ(oracle->score().exact, 1U) << oracle->score().first_wrong;
}
TEST_F(OracleJudges, AWrongOneIsNot) {
  market::BarRow bar = right();
  bar.volume += 1;
  settle(bar);
  EXPECT_EQ(oracle->score().judged, 1U);
  EXPECT_EQ(oracle->score().exact, 0U);
  EXPECT_NE(oracle->score().first_wrong.find("2.000001"), std::string::npos) << oracle->score().first_wrong;
}
TEST_F(OracleJudges, ABarOfNoEventIsWrong) {
  market::BarRow bar = right();
  bar.window_start += base::kMinute;
  bar.window_end += base::kMinute;
  settle(bar);
  EXPECT_EQ(oracle->score().exact, 0U);
  EXPECT_NE(oracle->score().first_wrong.find("has none"), std::string::npos);
}
TEST_F(OracleJudges, WhatItHasNotSeenFromTheStartIsNotJudged) {
  observed_from = kNow + 1;
  settle(right());
  EXPECT_EQ(oracle->score().judged, 0U);
}

}  // namespace
}  // namespace tickerhouse::sources

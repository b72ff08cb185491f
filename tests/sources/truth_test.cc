#include "sources/simulator/truth.h"

#include <gtest/gtest.h>

namespace tickerhouse::sources {
namespace {

constexpr base::TsNanos kTruthStart = 1'767'623'400 * base::kSecond;  // 2026-01-05T14:30:00Z

market::EventRow trade(base::TsNanos after, std::int64_t number, std::int64_t price, std::int64_t size) {
  market::EventRow row;
  row.ts_event = kTruthStart + after;
  row.ts_recv = row.ts_event + base::kMillisecond;
  row.seq = number;
  row.trade.price.units = price * 1'000'000'000;
  row.trade.size.units = size * 1'000'000;
  market::set_trade_id(row, std::to_string(number));
  return row;
}

TEST(Truth, ABarByHand) {
  TrueBars truth({{base::kMinute}, 5 * base::kSecond, 2 * base::kMinute, 5 * base::kSecond});
  truth.observe("B", trade(2 * base::kSecond, 2, 13, 2));
  truth.observe("B", trade(1 * base::kSecond, 1, 10, 1));  // out of order: it is the open
  truth.observe("B", trade(3 * base::kSecond, 3, 9, 0));
  truth.observe("B", trade(3 * base::kSecond, 3, 9, 0));  // the same id
  truth.observe("A", trade(61 * base::kSecond, 4, 7, 0));
  truth.observe_reject();
  std::string csv;
  truth.append_csv(csv);
  EXPECT_EQ(csv,
            "symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,"
            "price_avg,pct_change,open_time,close_time,trade_date\n"
            "A,1m,2026-01-05T14:31:00Z,2026-01-05T14:32:00Z,7,7,7,7,0,1,0,,7,0,2026-01-05T14:31:01Z,2026-01-"
            "05T14:31:01Z,2026-01-05\n"
            "B,1m,2026-01-05T14:30:00Z,2026-01-05T14:31:00Z,10,13,9,9,3,3,36,12,10.666666667,-10,2026-01-"
            "05T14:30:01Z,2026-01-05T14:30:03Z,2026-01-05\n");
  EXPECT_EQ(truth.ledger(), (flow::Ledger{6, 4, 1, 0, 0, 1, 0}));
}

// The watermark is a quarter of a second's multiple, five seconds behind; the pane of 14:30 ends at 60 s.
TEST(Truth, LatenessIsDecidedAtTheGrid) {
  TrueBars truth({{base::kMinute, base::kHour}, 5 * base::kSecond, 2 * base::kMinute, 5 * base::kSecond});
  truth.observe("A", trade(65 * base::kSecond - 1, 1, 10, 1));
  truth.observe("A", trade(0, 2, 10, 1));
  EXPECT_EQ(truth.ledger().used, 2U);
  truth.observe("A", trade(65 * base::kSecond, 3, 10, 1));
  truth.observe("A", trade(1, 4, 10, 1));
  EXPECT_EQ(truth.ledger().late_revised, 1U);
  truth.observe("A", trade(1, 4, 10, 1));
  EXPECT_EQ(truth.ledger().duplicate, 1U);
  truth.observe("A", trade(185 * base::kSecond, 5, 10, 1));
  truth.observe("A", trade(1, 4, 10, 1));  // late comes before known
  truth.observe("A", trade(2, 6, 10, 1));
  EXPECT_EQ(truth.ledger(), (flow::Ledger{8, 4, 1, 1, 2, 0, 0}));
}

TEST(Truth, TheFutureMovesNothing) {
  TrueBars truth({{base::kMinute}, 5 * base::kSecond, 2 * base::kMinute, 5 * base::kSecond});
  auto future = trade(base::kHour, 1, 10, 1);
  future.ts_recv = future.ts_event - 5 * base::kSecond - 1;
  truth.observe("A", future);
  truth.observe("A", trade(0, 2, 10, 1));
  future.ts_recv += 1;  // just within the skew
  truth.observe("A", future);
  EXPECT_EQ(truth.ledger(), (flow::Ledger{3, 2, 0, 0, 0, 1, 0}));
}

SimulatorOptions options_of(Fault fault, double rate) {
  SimulatorOptions options;
  options.seed = 3;
  options.events = 100'000;
  options.rate = 100;
  options.symbols = default_symbols(10);
  options.start = kTruthStart;
  options.faults = {{fault, rate}};
  return options;
}

TEST(Truth, EachFaultHasItsPlaceInTheLedger) {
  const std::vector<base::DurationNanos> minutes = {base::kMinute};
  const auto ledger = [&minutes](Fault fault, double rate) {
    return true_bars(options_of(fault, rate), minutes).value().ledger();
  };
  EXPECT_EQ(ledger(Fault::none, 0), (flow::Ledger{100'000, 100'000, 0, 0, 0, 0}));
  EXPECT_EQ(ledger(Fault::out_of_order, 0.3), (flow::Ledger{100'000, 100'000, 0, 0, 0, 0}));
  const flow::Ledger late = ledger(Fault::late, 0.1);
  EXPECT_NEAR(static_cast<double>(late.late_revised), 4500, 1000);
  EXPECT_NEAR(static_cast<double>(late.late_kept), 4500, 1000);
  EXPECT_EQ(late.received, 100'000U);
  EXPECT_EQ(late.used + late.late_revised + late.late_kept, 100'000U);
  const flow::Ledger twice = ledger(Fault::duplicate, 0.1);
  EXPECT_NEAR(static_cast<double>(twice.duplicate), 10'000, 400);
  EXPECT_EQ(twice.used, 100'000U);
  const flow::Ledger missing = ledger(Fault::gap, 0.1);
  EXPECT_NEAR(static_cast<double>(missing.used), 90'000, 400);
  EXPECT_EQ(missing.used, missing.received);
  for (const Fault fault : {Fault::malformed, Fault::future}) {
    const flow::Ledger rejected = ledger(fault, 0.1);
    EXPECT_NEAR(static_cast<double>(rejected.rejected), 10'000, 400);
    EXPECT_EQ(rejected.used + rejected.rejected, 100'000U);
  }
}

}  // namespace
}  // namespace tickerhouse::sources

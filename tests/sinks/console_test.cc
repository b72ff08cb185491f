#include "sinks/console.h"

#include <sstream>

#include "tests/sinks/support.h"

namespace tickerhouse::sinks {
namespace {

class ManualClock final : public base::Clock {
 public:
  base::TsNanos wall_now() override { return now; }
  base::DurationNanos monotonic_now() override { return now; }
  void sleep_for(base::DurationNanos duration) override { now += duration; }
  base::DurationNanos now = 0;
};

market::BarRow bar_of(std::int64_t close, base::Int128 volume, base::Int128 change) {
  market::BarRow bar = minute_bar(0);
  bar.close = {close};
  bar.volume = volume;
  bar.pct_change = change;
  return bar;
}

struct Console {
  std::ostringstream out;
  ManualClock clock;
  std::unique_ptr<flow::Sink> sink;
  explicit Console(const ConsoleOptions& options) : sink(make_console_sink(options, out, clock)) {
    ok(sink->restore());
  }
  std::string said() {
    std::string text = out.str();
    out.str("");
    return text;
  }
};

TEST(Console, ALineSaysPriceVolumeAndPlace) {
  Console console({});
  market::BarRow unknown = bar_of(120'000, 0, 0);
  unknown.known = 0;
  ok(apply_bars(*console.sink, 0,
                {{"AAPL", bar_of(150'230'000'000, 5'234'000'000, 1)},
                 {"X", bar_of(1'234'567'000'000'000, 1'500'000, 0)},
                 {"Y", unknown}}));
  EXPECT_EQ(console.said(),
            "AAPL | $150.23 | Vol: 5,234 | Partition: 0 | Offset: 0\n"
            "X | $1,234,567.00 | Vol: 1.5 | Partition: 0 | Offset: 1\n"
            "Y | $0.00012 | Vol: - | Partition: 0 | Offset: 2\n");
}

TEST(Console, ColoursFollowTheChange) {
  ConsoleOptions options;
  options.colours = true;
  Console console(options);
  ok(apply_bars(*console.sink, 0,
                {{"U", bar_of(1'000'000'000, 0, 1)},
                 {"D", bar_of(1'000'000'000, 0, -1)},
                 {"S", bar_of(1'000'000'000, 0, 0)}}));
  EXPECT_EQ(console.said(),
            "\x1b[32mU | $1.00 | Vol: 0 | Partition: 0 | Offset: 0\x1b[0m\n"
            "\x1b[31mD | $1.00 | Vol: 0 | Partition: 0 | Offset: 1\x1b[0m\n"
            "S | $1.00 | Vol: 0 | Partition: 0 | Offset: 2\n");
}

TEST(Console, BeyondItsPaceTheNewestStandAndTheOthersAreCounted) {
  ConsoleOptions options;
  options.lines_per_second = 2;
  options.totals_every = 6;
  Console console(options);
  const market::BarRow bar = bar_of(1'000'000'000, 1'000'000, 0);
  ok(apply_bars(*console.sink, 0, {{"A", bar}, {"B", bar}, {"A", bar}, {"C", bar}}));
  ok(console.sink->flush());
  EXPECT_EQ(console.said(),
            "A | $1.00 | Vol: 1 | Partition: 0 | Offset: 2\nC | $1.00 | Vol: 1 | Partition: 0 | Offset: 3\n");
  ok(apply_bars(*console.sink, 4, {{"A", bar}}));
  ok(console.sink->flush());
  EXPECT_EQ(console.said(), "");
  console.clock.sleep_for(base::kSecond / 2);
  ok(apply_bars(*console.sink, 5, {{"B", bar}}));
  ok(console.sink->flush());
  EXPECT_EQ(console.said(),
            "Total: 6 bars of 252 trades, 3 not shown\nB | $1.00 | Vol: 1 | Partition: 0 | Offset: 5\n");
}

TEST(Console, BeginsWhereItIsTold) {
  ConsoleOptions options;
  options.begin[{flow::Topic::bars, 0}] = {1};
  Console console(options);
  EXPECT_EQ(ok(console.sink->restore()), options.begin);
  ok(apply_bars(*console.sink, 0, {{"A", bar_of(1'000'000'000, 0, 0)}, {"B", bar_of(1'000'000'000, 0, 0)}}));
  EXPECT_EQ(console.said(), "B | $1.00 | Vol: 0 | Partition: 0 | Offset: 1\n");
}

}  // namespace
}  // namespace tickerhouse::sinks

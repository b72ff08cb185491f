#include "sources/simulator/simulator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "formats/mapping.h"
#include "formats/output.h"
#include "sources/simulator/trades.h"
#include "tests/sources/simulator_support.h"

namespace tickerhouse::sources {
namespace {

constexpr base::TsNanos kStart = 1'767'623'400 * base::kSecond;  // 2026-01-05T14:30:00Z

SimulatorOptions simulator_options(std::uint64_t events, double rate = 1000, std::size_t symbols = 20) {
  SimulatorOptions options;
  options.seed = 7;
  options.events = events;
  options.rate = rate;
  options.symbols = default_symbols(symbols);
  options.start = kStart;
  return options;
}

SimulatorOptions with_all_faults(std::uint64_t events, double rate = 100) {
  SimulatorOptions options = simulator_options(events, rate);
  options.faults = {{Fault::late, 0.03}, {Fault::out_of_order, 0.1}, {Fault::duplicate, 0.04},
                    {Fault::gap, 0.01},  {Fault::malformed, 0.03},   {Fault::future, 0.01}};
  return options;
}

std::vector<Seen> all_of(const SimulatorOptions& options, std::size_t records_max = 1000) {
  auto source = make_simulator(options);
  CHECK(source.ok());
  std::vector<Seen> seen;
  EXPECT_EQ(drain(**source, records_max, seen), flow::PollState::finished);
  return seen;
}

TEST(Simulator, WithoutFaultsDeliversEveryTradeInOrder) {
  auto source = make_simulator(simulator_options(5000));
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->info().name, "simulator");
  EXPECT_EQ((*source)->info().origin, flow::Origin::simulated);
  EXPECT_FALSE((*source)->info().live);
  flow::SourceBatch batch;
  base::TsNanos before = kStart;
  std::int64_t seq = 0;
  for (auto state = flow::PollState::more; state == flow::PollState::more;) {
    batch.clear();
    state = (*source)->poll(777, batch).value();
    EXPECT_TRUE(batch.rejects.empty());
    for (const market::EventRow& row : batch.events.rows) {
      EXPECT_EQ(row.seq, ++seq);
      EXPECT_GE(row.ts_event, before);
      EXPECT_GT(row.ts_recv, row.ts_event);
      EXPECT_GT(row.trade.price.units, 0);
      EXPECT_EQ(row.trade.price.units % 10'000'000, 0);
      EXPECT_GT(row.trade.size.units, 0);
      before = row.ts_event;
    }
  }
  EXPECT_EQ(seq, 5000);
  EXPECT_NEAR(static_cast<double>(before - kStart), 5e9, 2e6);
}

TEST(Simulator, HowItIsPolledChangesNothing) {
  const auto options = with_all_faults(20'000);
  const auto whole = texts(all_of(options, 16'384));
  EXPECT_EQ(texts(all_of(options, 1)), whole);
  EXPECT_EQ(texts(all_of(options, 997)), whole);
  auto other = options;
  other.seed = 8;
  EXPECT_NE(texts(all_of(other)), whole);
}

TEST(Simulator, GoesOnFromAnyPosition) {
  for (const std::uint64_t events : {1U, 50U, 30'000U}) {
    auto options = with_all_faults(events);
    if (events < 100) options.faults = {{Fault::duplicate, 0.5}, {Fault::out_of_order, 0.4}};
    const auto seen = all_of(options, 1);
    const auto whole = texts(seen);
    const std::size_t step = std::max<std::size_t>(1, seen.size() / 40);
    for (std::size_t i = 0; i < seen.size(); i += step) {
      auto source = make_simulator(options);
      ASSERT_TRUE((*source)->restore(seen[i].position).ok());
      std::vector<Seen> rest;
      drain(**source, 1000, rest);
      ASSERT_EQ(texts(rest),
                std::vector<std::string>(whole.begin() + static_cast<std::ptrdiff_t>(i) + 1, whole.end()))
          << "from " << i;
    }
  }
}

TEST(Simulator, RefusesPositionsThatAreNotItsOwn) {
  const auto options = with_all_faults(1000);
  const auto seen = all_of(options, 100);
  auto other = options;
  other.seed = 99;
  EXPECT_FALSE(make_simulator(other).value()->restore(seen.back().position).ok());
  EXPECT_FALSE(make_simulator(options).value()->restore("").ok());
  EXPECT_FALSE(make_simulator(options).value()->restore(seen.back().position.substr(1)).ok());
  std::string impossible = seen.front().position;
  impossible[16 + 8] = 120;  // more deliveries of a slot than there are
  EXPECT_FALSE(make_simulator(options).value()->restore(impossible).ok());
}

TEST(Simulator, EventsAreAFunctionOfTheirNumber) {
  const TradesOptions options{3, 5000, 500, kStart};
  Trades in_order(options);
  std::vector<SimulatedTrade> all;
  for (std::uint64_t n = 0; n < 20'000; ++n) all.push_back(in_order.at(n));
  Trades at_random(options);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    const std::uint64_t n = i * 7919 % 20'000;
    const SimulatedTrade trade = at_random.at(n);
    ASSERT_EQ(trade.symbol, all[n].symbol);
    ASSERT_EQ(trade.price.units, all[n].price.units);
    ASSERT_EQ(trade.size.units, all[n].size.units);
  }
}

// A few values for good: another compiler, machine or library must not change them.
TEST(Simulator, TheFirstRecordsAreTheseOnEveryMachine) {
  std::string text;
  auto records = SimulatorRecords::open(simulator_options(3)).value();
  while (records->next()) records->append_line(text);
  EXPECT_EQ(
      text,
      R"({"symbol":"INTC","price":13.87,"volume":66,"ts":"2026-01-05T14:30:00.000013042Z","ts_epoch_ms":1767623400000,"kind":"trade","trade_id":"1","seq":1,"ts_recv":"2026-01-05T14:30:00.001378609Z","source":"simulator"}
{"symbol":"WMT","price":40.54,"volume":55,"ts":"2026-01-05T14:30:00.001191112Z","ts_epoch_ms":1767623400001,"kind":"trade","trade_id":"2","seq":2,"ts_recv":"2026-01-05T14:30:00.006147623Z","source":"simulator"}
{"symbol":"TSLA","price":142.65,"volume":109,"ts":"2026-01-05T14:30:00.002815987Z","ts_epoch_ms":1767623400002,"kind":"trade","trade_id":"3","seq":3,"ts_recv":"2026-01-05T14:30:00.005769448Z","source":"simulator"}
)");
  text.clear();
  records = SimulatorRecords::open(with_all_faults(100'000)).value();
  while (records->next()) records->append_line(text);
  EXPECT_EQ(base::to_hex(base::hash128(text)), "eaba2b948b162bfe3739f3a51a64f4fc");
}

TEST(Simulator, TheTextDecodesToTheSameRecords) {
  auto options = with_all_faults(30'000);
  options.faults[Fault::malformed] = 0.2;
  std::string text;
  auto records = SimulatorRecords::open(options).value();
  while (records->next()) records->append_line(text);
  const auto decoder = formats::make_json_decoder(formats::Mapping());
  flow::SourceBatch batch;
  batch.files.emplace_back("simulator");
  std::vector<formats::Record> decoded;
  const auto expected = all_of(options);
  std::vector<Seen> got;
  std::map<std::string, int> reasons;
  std::uint64_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    batch.clear();
    ASSERT_EQ(line.front(), '{');
    ASSERT_EQ(decoder->decode(line, decoded), formats::LineState::records);
    ASSERT_EQ(decoded.size(), 1U);
    if (const auto fault = decoded[0].fault) {
      ++reasons[market::reason_name(*fault)];
      flow::RejectedRecord reject;
      reject.origin = {line, ++number, 0, 0};
      reject.reason = *fault;
      reject.raw_length = line.size();
      batch.rejects.push_back(reject);
    } else {
      decoded[0].row.symbol = batch.events.strings.intern(decoded[0].symbol);
      batch.events.rows.push_back(decoded[0].row);
      batch.origins.push_back({line, ++number, 0, 0});
    }
    describe(batch, got);
  }
  EXPECT_EQ(texts(got), texts(expected));
  EXPECT_GE(reasons.size(), 9U);  // every way to be damaged
}

TEST(Simulator, EventsInTheFutureCarryTheirBytes) {
  auto options = simulator_options(2000);
  options.faults = {{Fault::future, 0.1}};
  auto source = make_simulator(options).value();
  flow::SourceBatch batch;
  ASSERT_TRUE(source->poll(2000, batch).ok());
  int future = 0;
  for (std::size_t i = 0; i < batch.events.rows.size(); ++i) {
    const market::EventRow& row = batch.events.rows[i];
    const bool is_future = row.ts_event > row.ts_recv + options.skew;
    EXPECT_EQ(is_future, !batch.origins[i].raw.empty());
    if (!is_future) continue;
    ++future;
    std::string line;
    formats::append_event_json(line, row, {batch.events.strings.at(row.symbol), {}, "simulator", {}});
    EXPECT_EQ(std::string(batch.origins[i].raw) + "\n", line);
  }
  EXPECT_NEAR(future, 200, 50);
}

TEST(Simulator, FaultsComeAtTheirRates) {
  const auto options = with_all_faults(100'000, 1000);
  std::map<std::string, int> seen;
  std::set<std::int64_t> numbers;
  auto records = SimulatorRecords::open(options).value();
  int copies = 0;
  int malformed = 0;
  while (records->next()) {
    if (records->malformed()) ++malformed;
    if (!numbers.insert(records->row().seq).second) ++copies;
  }
  EXPECT_NEAR(copies, 4000, 300);
  EXPECT_NEAR(malformed, 3000, 300);
  EXPECT_NEAR(static_cast<int>(100'000 - numbers.size()), 1000, 150);
}

TEST(Simulator, OutOfOrderIsNeverBeyondTheBound) {
  for (const double rate : {0.3, 1.0, 50.0, 2000.0, 1'000'000.0}) {
    auto options = simulator_options(20'000, rate);
    options.faults = {{Fault::out_of_order, 0.5}, {Fault::duplicate, 0.3}};
    auto records = SimulatorRecords::open(options).value();
    base::TsNanos greatest = 0;
    int swapped = 0;
    std::uint64_t count = 0;
    while (records->next()) {
      ++count;
      if (records->row().ts_event < greatest) ++swapped;
      greatest = std::max(greatest, records->row().ts_event);
      ASSERT_GT(records->row().ts_event, greatest - options.bound);
    }
    EXPECT_GT(count, 25'000U);
    EXPECT_TRUE(rate < 1 || swapped > 5000) << rate;
  }
}

TEST(Simulator, PricesStayPlausibleForADay) {
  const auto symbols = default_symbols(50);
  PriceWalks walks(11, symbols.size());
  for (std::size_t symbol = 0; symbol < symbols.size(); ++symbol) {
    const double first = walks.price(symbol, kStart);
    double least = first;
    double most = first;
    double previous = first;
    bool moved = false;
    for (base::TsNanos ts = kStart; ts < kStart + base::kDay; ts += 10 * base::kSecond) {
      const double price = walks.price(symbol, ts);
      moved = moved || price != previous;
      EXPECT_LT(std::abs(price / previous - 1), 0.05);
      previous = price;
      least = std::min(least, price);
      most = std::max(most, price);
    }
    EXPECT_TRUE(moved);
    EXPECT_GT(least, 5);
    EXPECT_LT(most, 1000);
    EXPECT_LT(most / least, 1.5);
    EXPECT_GT(most / least, 1.003);
  }
}

TEST(Simulator, FirstSymbolsTradeMost) {
  std::vector<int> counts(100);
  Trades trades({5, 1000, 100, kStart});
  for (std::uint64_t n = 0; n < 100'000; ++n) ++counts[trades.at(n).symbol];
  EXPECT_GT(counts[0], 4 * counts[30]);
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 100);
}

TEST(Simulator, DefaultSymbolsAreDistinct) {
  const auto symbols = default_symbols(kSimulatorSymbolsMax);
  EXPECT_EQ(symbols.front(), "AAPL");
  EXPECT_EQ(std::set<std::string>(symbols.begin(), symbols.end()).size(), kSimulatorSymbolsMax);
  EXPECT_EQ(default_symbols(3), (std::vector<std::string>{"AAPL", "MSFT", "GOOGL"}));
}

TEST(Simulator, NoEventsIsAnEnd) {
  EXPECT_TRUE(all_of(simulator_options(0)).empty());
  EXPECT_TRUE(all_of(with_all_faults(0)).empty());
}

TEST(Simulator, NamesAllMistakesAtOnce) {
  SimulatorOptions options;
  options.symbols = {"A B", "MSFT", "MSFT"};
  options.rate = 0;
  options.faults = {{Fault::late, 0.7}, {Fault::gap, 0.7}};
  options.start = -1;
  const auto status = check(options);
  ASSERT_FALSE(status.ok());
  for (const char* part : {"A B", "MSFT", "rate", "sum", "1970"})
    EXPECT_NE(status.error().what.find(part), std::string::npos) << part;
}

TEST(Faults, AreReadFromText) {
  FaultRates rates;
  EXPECT_TRUE(parse_fault("late=0.01", rates).ok());
  EXPECT_TRUE(parse_fault("out_of_order=1", rates).ok());
  EXPECT_EQ(rates, (FaultRates{{Fault::late, 0.01}, {Fault::out_of_order, 1}}));
  for (const char* text : {"", "late", "late=", "late=x", "late=1.5", "late=-1", "late=nan", "none=0.1",
                           "lat=0.1", "=0.1", "late=0.1x", "late= 0.1"})
    EXPECT_FALSE(parse_fault(text, rates).ok()) << text;
}

}  // namespace
}  // namespace tickerhouse::sources

#include "sinks/duckdb_store.h"

#include <atomic>
#include <fstream>
#include <limits>
#include <thread>

#include "sinks/duckdb_rows.h"
#include "tests/sinks/support.h"

namespace tickerhouse::sinks {
namespace {

class DuckdbStoreTest : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    DuckdbStoreOptions options;
    options.path = path_;
    store_ = ok(open_duckdb_store(options));
    ok(sink().restore());
  }
  flow::Sink& sink() { return store_->sink(); }
  flow::Store& store() { return store_->store(); }
  void put(const std::vector<NamedBar>& bars) {
    ok(apply_bars(sink(), offset_, bars));
    ok(sink().flush());
    offset_ += bars.size();
  }
  std::vector<std::string> rows(const std::string& sql) {
    copy_store(path_, folder_ / "copy.duckdb");
    return rows_of(sql, folder_ / "copy.duckdb");
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "store.duckdb";
  std::unique_ptr<DuckdbStore> store_;
  std::uint64_t offset_ = 0;
};

base::Int128 digits38() { return base::pow10_int128(38) - 1; }

// The greatest value of every column, with every state, quality and pattern of unknown columns.
std::vector<NamedBar> extreme_bars() {
  std::vector<NamedBar> bars;
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (std::int64_t i = 0; i < 96; ++i) {
    market::BarRow bar = minute_bar(i);
    bar.open = bar.high = bar.vwap = bar.price_avg = {kMax - i};
    bar.low = bar.close = {1 + i};
    bar.volume = digits38() - i;
    bar.notional = digits38();
    bar.pct_change = i % 2 == 0 ? digits38() : -digits38();
    bar.trade_count = kMax;
    bar.revision = static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max());
    bar.state = i % 3 == 0   ? market::BarState::provisional
                : i % 3 == 1 ? market::BarState::final
                             : market::BarState::revised;
    bar.quality = static_cast<std::uint16_t>(i % 32);
    bar.known = static_cast<std::uint8_t>(i % 32);
    if ((bar.known & market::known::kVolume) == 0) bar.volume = 0;
    if ((bar.known & market::known::kNotional) == 0) bar.notional = 0;
    if ((bar.known & market::known::kVwap) == 0) bar.vwap = {};
    if ((bar.known & market::known::kPriceAvg) == 0) bar.price_avg = {};
    if ((bar.known & market::known::kPctChange) == 0) bar.pct_change = 0;
    bars.push_back({"M&M.NS", bar});
  }
  bars.back().bar.window_start = 9'223'286'400 * base::kSecond;  // 2262-04-11, the last day there is
  bars.back().bar.window_end = bars.back().bar.window_start + base::kMinute;
  bars.back().bar.open_time = kMax;
  bars.back().bar.trade_date = 106'751;
  return bars;
}

TEST_F(DuckdbStoreTest, ExtremeValuesComeBackToTheByte) {
  const std::vector<NamedBar> bars = extreme_bars();
  put(bars);
  std::vector<std::string> expected;
  for (const NamedBar& named : bars) expected.push_back(bar_text(named.symbol, named.bar));
  EXPECT_EQ(bars_of(store()), expected);
  open();
  EXPECT_EQ(bars_of(store()), expected);
}

TEST_F(DuckdbStoreTest, ColumnsAreWhatSqlExpects) {
  market::BarRow bar = minute_bar(0);
  bar.quality = market::quality::kPartial | market::quality::kLate;
  bar.volume = -digits38();
  put({{"O", bar}});
  EXPECT_EQ(
      rows("SELECT * FROM bars"),
      std::vector<std::string>(
          {"O | 1m | 60000000000 | 2026-01-05 14:30:00 | 2026-01-05 14:31:00 | 1767623400000000000 | "
           "1767623460000000000 | "
           "150.250000000 | 151.000000001 | 149.999999999 | 150.750000000 | "
           "-99999999999999999999999999999999.999999 | 42 | "
           "787193.600000000000000 | 150.400000000 | 150.500000000 | 0.332779 | 2026-01-05 14:30:00.123456 | "
           "2026-01-05 14:30:59.999999 | 1767623400123456789 | 1767623459999999999 | 2026-01-05 | final | 0 "
           "| partial|late | 0 | 0"}));
  EXPECT_EQ(rows("SELECT * FROM bars_seed"),
            std::vector<std::string>(
                {"O | 2026-01-05 14:30:00 | 2026-01-05 14:31:00 | 1m | 150.500000000 | 149.999999999 | "
                 "151.000000001 | 150.250000000 | 150.750000000 | 0.332779"}));
  EXPECT_EQ(rows("SELECT column_name FROM (DESCRIBE bars_seed)"),
            (std::vector<std::string>{"symbol", "window_start", "window_end", "interval", "price_avg",
                                      "price_min", "price_max", "price_first", "price_last", "pct_change"}));
}

TEST_F(DuckdbStoreTest, TheNewestRevisionStands) {
  market::BarRow first = minute_bar(5);
  market::BarRow second = first;
  second.revision = 1;
  second.state = market::BarState::revised;
  second.close = {1};
  market::BarRow third = second;
  third.revision = 2;
  third.close = {2};
  const market::BarRow earlier = minute_bar(3);  // first seen after later windows
  put({{"A", first}, {"B", first}});
  put({{"A", second}, {"A", third}, {"C", earlier}});
  EXPECT_EQ(bars_of(store()),
            (std::vector<std::string>{bar_text("A", third), bar_text("B", first), bar_text("C", earlier)}));
  open();
  put({{"B", second}, {"A", earlier}});
  put({{"B", third}});
  EXPECT_EQ(bars_of(store()), (std::vector<std::string>{bar_text("A", earlier), bar_text("A", third),
                                                        bar_text("B", third), bar_text("C", earlier)}));
  EXPECT_EQ(rows("SELECT count(*) FROM bars"), std::vector<std::string>{"4"});
}

TEST_F(DuckdbStoreTest, ProvisionalBarsAreNotFinal) {
  market::BarRow bar = minute_bar(0);
  bar.state = market::BarState::provisional;
  put({{"A", bar}, {"B", minute_bar(0)}});
  EXPECT_EQ(rows("SELECT symbol FROM bars_final"), std::vector<std::string>{"B"});
  bar.state = market::BarState::final;
  put({{"A", bar}});
  EXPECT_EQ(rows("SELECT symbol FROM bars_final ORDER BY symbol"), (std::vector<std::string>{"A", "B"}));
}

TEST_F(DuckdbStoreTest, AScanIsInTheOrderOfBytesAndFilters) {
  market::BarRow hour = minute_bar(0);
  hour.interval = base::kHour;
  market::BarRow five = minute_bar(0);
  five.interval = 5 * base::kMinute;
  put({{"b", minute_bar(1)},
       {"B", hour},
       {"b", minute_bar(0)},
       {"B", five},
       {"_", five},
       {"B", minute_bar(2)},
       {"BA", five},
       {"^O'X", five}});
  EXPECT_EQ(bars_of(store()),
            (std::vector<std::string>{bar_text("B", minute_bar(2)), bar_text("B", five), bar_text("B", hour),
                                      bar_text("BA", five), bar_text("^O'X", five), bar_text("_", five),
                                      bar_text("b", minute_bar(0)), bar_text("b", minute_bar(1))}));
  flow::BarQuery query;
  query.symbol = "B";
  query.interval = base::kHour;
  EXPECT_EQ(bars_of(store(), query), std::vector<std::string>{bar_text("B", hour)});
  query = {};
  query.symbol = "^O'X";
  EXPECT_EQ(bars_of(store(), query), std::vector<std::string>{bar_text("^O'X", five)});
  query = {};
  query.from = minute_bar(1).window_start;
  query.to = minute_bar(2).window_start;
  EXPECT_EQ(bars_of(store(), query), std::vector<std::string>{bar_text("b", minute_bar(1))});
}

TEST_F(DuckdbStoreTest, AScanHasTheFirstRowsOrTheNewestWindows) {
  market::BarRow hour = minute_bar(0);
  hour.interval = base::kHour;
  market::BarRow other_hour = minute_bar(7);
  other_hour.interval = base::kHour;
  put({{"A", minute_bar(0)},
       {"B", minute_bar(2)},
       {"A", minute_bar(3)},
       {"A", minute_bar(9)},
       {"B", minute_bar(10)},
       {"B", hour},
       {"B", other_hour}});
  flow::BarQuery query;
  query.limit = 4;
  EXPECT_EQ(bars_of(store(), query),
            (std::vector<std::string>{bar_text("A", minute_bar(0)), bar_text("A", minute_bar(3)),
                                      bar_text("A", minute_bar(9)), bar_text("B", minute_bar(2))}));
  query = {};
  query.newest_of_each = 1;
  EXPECT_EQ(bars_of(store(), query),
            (std::vector<std::string>{bar_text("A", minute_bar(9)), bar_text("B", minute_bar(10)),
                                      bar_text("B", other_hour)}));
  query.newest_of_each = 2;
  query.interval = base::kMinute;
  query.limit = 3;
  EXPECT_EQ(bars_of(store(), query),
            (std::vector<std::string>{bar_text("A", minute_bar(3)), bar_text("A", minute_bar(9)),
                                      bar_text("B", minute_bar(2))}));
  query = {};
  query.newest_of_each = 2;
  query.to = minute_bar(9).window_start;  // the newest before it
  query.symbol = "A";
  EXPECT_EQ(bars_of(store(), query),
            (std::vector<std::string>{bar_text("A", minute_bar(0)), bar_text("A", minute_bar(3))}));
}

TEST_F(DuckdbStoreTest, LateEventsAndRejectsKeepAllTheyHave) {
  market::EventBatchBuilder events;
  market::EventRow& trade = events.rows.emplace_back();
  trade.ts_event = 1'767'623'400'123'456'789;
  trade.trade.price = {1};
  trade.trade.size = {std::numeric_limits<std::int64_t>::max()};
  trade.seq = 7;
  trade.symbol = events.strings.intern("AAPL");
  trade.venue = events.strings.intern("XNAS");
  trade.source = events.strings.intern("f\xFF.csv");  // a name need not be UTF-8
  market::set_trade_id(trade, "t'1");
  std::string bytes;
  events.seal(bytes, 4);
  flow::ResultBatch batch{flow::Topic::late, 2, {}};
  batch.rows.bytes = ok(market::BatchBytes::open(bytes));
  batch.rows.next = {1};
  ok(sink().apply(batch));

  market::BatchBuilder<market::RejectRow> rejects;
  market::RejectRow& reject = rejects.rows.emplace_back();
  reject.line = 3;
  reject.item = 2;
  reject.raw_length = 4;
  reject.reason = market::RejectReason::future_time;
  reject.ts_recv = 1'767'623'400'000'000'001;
  reject.source = rejects.strings.intern("feed");
  rejects.add_text(0, std::string_view("a\0\xFF'", 4));
  std::string reject_bytes;
  rejects.seal(reject_bytes, 0);
  flow::ResultBatch reject_batch{flow::Topic::rejects, 0, {}};
  reject_batch.rows.bytes = ok(market::BatchBytes::open(reject_bytes));
  reject_batch.rows.next = {1};
  ok(sink().apply(reject_batch));
  ok(sink().flush());

  EXPECT_EQ(
      rows("SELECT * FROM late"),
      std::vector<std::string>(
          {"AAPL | trade | 2026-01-05 14:30:00.123456 | 1767623400123456789 | 0.000000001 | "
           "9223372036854.775807 | "
           "null | null | null | null | null | null | null | null | null | t'1 | XNAS | 7 | null | null | "
           "f?.csv | 2 | 4"}));
  EXPECT_EQ(rows("SELECT * FROM rejects"),
            std::vector<std::string>({"future_time | feed | 3#1 | 3 | 1 | 2026-01-05 14:30:00 | "
                                      "1767623400000000001 | 4 | a\\x00\\xFF\\x27 | 0"}));
  EXPECT_EQ(rows("SELECT * FROM positions ORDER BY topic"),
            (std::vector<std::string>{"late | 2 | 1", "rejects | 0 | 1"}));
}

TEST_F(DuckdbStoreTest, APositionIsWhatTheRowsInclude) {
  EXPECT_EQ(ok(store().position()), flow::SinkPosition{});
  ok(apply_bars(sink(), 0, {{"A", minute_bar(0)}}));
  EXPECT_EQ(ok(store().position()), flow::SinkPosition{});
  EXPECT_TRUE(bars_of(store()).empty());
  ok(sink().flush());
  EXPECT_EQ(ok(store().position()), (flow::SinkPosition{{{flow::Topic::bars, 0}, {1}}}));
}

TEST_F(DuckdbStoreTest, ReadersSeeWholeFlushesOnly) {
  constexpr std::int64_t kFlushes = 40;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::size_t last = 0;
    while (!done) {
      std::vector<std::string> symbols;
      ok(store().scan_bars(
          {}, [&](std::string_view symbol, const market::BarRow&) { symbols.emplace_back(symbol); }));
      EXPECT_EQ(symbols.size() % 3, 0U);
      EXPECT_GE(symbols.size(), last);
      last = symbols.size();
    }
  });
  for (std::int64_t i = 0; i < kFlushes; ++i)
    put({{"A", minute_bar(i)}, {"B", minute_bar(i)}, {"C", minute_bar(i)}});
  done = true;
  reader.join();
  EXPECT_EQ(bars_of(store()).size(), 3U * kFlushes);
}

TEST_F(DuckdbStoreTest, ReadOnlyShowsAndRefuses) {
  put({{"A", minute_bar(0)}});
  store_.reset();
  DuckdbStoreOptions options;
  options.path = path_;
  options.read_only = true;
  store_ = ok(open_duckdb_store(options));
  EXPECT_EQ(bars_of(store()), std::vector<std::string>{bar_text("A", minute_bar(0))});
  ok(sink().restore());
  ok(apply_bars(sink(), 1, {{"A", minute_bar(1)}}));
  EXPECT_FALSE(sink().flush().ok());
  EXPECT_FALSE(sink().flush().ok()) << "a sink that failed wants restore()";
  EXPECT_EQ(bars_of(store()).size(), 1U);
  options.path = folder_ / "none.duckdb";
  const auto none = open_duckdb_store(options);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, base::ErrorCode::not_found) << none.error().message();
}

// ---- damage

base::ErrorCode code_of_open(const std::string& path) {
  DuckdbStoreOptions options;
  options.path = path;
  const auto opened = open_duckdb_store(options);
  EXPECT_FALSE(opened.ok());
  return opened.ok() ? base::ErrorCode::check_failed : opened.error().code;
}

void overwrite(const std::string& path, std::streamoff place, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(place);
  file << bytes;
}

TEST_F(DuckdbStoreTest, DamageIsFoundSetAsideAndRebuilt) {
  put({{"A", minute_bar(0)}, {"B", minute_bar(0)}});
  const std::vector<std::string> before = bars_of(store());
  store_.reset();
  std::ofstream(path_, std::ios::binary | std::ios::trunc) << std::string(20'000, 'x');
  std::ofstream(path_ + ".wal") << "y";
  EXPECT_EQ(code_of_open(path_), base::ErrorCode::damaged);
  const std::string aside = ok(set_aside_store(path_));
  EXPECT_TRUE(aside.starts_with(path_ + ".damaged-20")) << aside;
  EXPECT_TRUE(std::filesystem::exists(aside));
  EXPECT_TRUE(std::filesystem::exists(aside + ".wal"));
  EXPECT_FALSE(std::filesystem::exists(path_));
  open();
  EXPECT_EQ(ok(store().position()), flow::SinkPosition{});
  offset_ = 0;
  put({{"A", minute_bar(0)}, {"B", minute_bar(0)}});
  EXPECT_EQ(bars_of(store()), before);
}

TEST_F(DuckdbStoreTest, ADamagedLogIsDamage) {
  put({{"A", minute_bar(0)}});
  const std::string copy = folder_ / "copy.duckdb";
  copy_store(path_, copy);
  ASSERT_GT(std::filesystem::file_size(copy + ".wal"), 200U);
  overwrite(copy + ".wal", static_cast<std::streamoff>(std::filesystem::file_size(copy + ".wal") / 2),
            "!!!!");
  EXPECT_EQ(code_of_open(copy), base::ErrorCode::damaged);
}

TEST_F(DuckdbStoreTest, AnotherVersionIsDamageAndAForeignDatabaseIsLeftAlone) {
  store_.reset();
  DuckdbOptions options;
  options.path = path_;
  {
    const auto database = ok(DuckdbDatabase::open(options));
    ok(ok(database->connect())->run("UPDATE store_info SET version = 999"));
  }
  EXPECT_EQ(code_of_open(path_), base::ErrorCode::damaged);
  options.path = folder_ / "theirs.duckdb";
  {
    const auto database = ok(DuckdbDatabase::open(options));
    ok(ok(database->connect())->run("CREATE TABLE theirs(i INTEGER)"));
  }
  EXPECT_EQ(code_of_open(options.path), base::ErrorCode::configuration);
}

TEST_F(DuckdbStoreTest, TwoDamagedStoresOfOneSecondKeepTheirNames) {
  store_.reset();
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    std::ofstream(path_) << i;
    names.push_back(ok(set_aside_store(path_)));
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::filesystem::exists(names[static_cast<std::size_t>(i)]));
}

}  // namespace
}  // namespace tickerhouse::sinks

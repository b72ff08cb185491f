#include "serve/live_view.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "serve/live/live_state.h"
#include "tests/contract/sink_contract.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

std::vector<Entry> minutes(const std::string& symbol, int count, const std::string& date = "") {
  std::vector<Entry> entries;
  for (int i = 0; i < count; ++i) {
    const int minute = 600 + i;
    std::string time = date;
    time.append(minute < 600 ? "0" : "").append(std::to_string(minute / 60)).append(":");
    time.append(minute % 60 < 10 ? "0" : "").append(std::to_string(minute % 60)).append(":01");
    entries.push_back(trade(symbol, time, std::to_string(100 + i).append(".25"), "2"));
  }
  return entries;
}

json rows_since(LiveState& state, std::uint64_t since) {
  const std::string text = state.watch_rows(since).json;
  return text.empty() ? json::array() : json::parse(text);
}
json bars_since(LiveState& state, std::uint64_t since, base::DurationNanos interval = base::kMinute) {
  const std::string text = state.bars("AAPL", interval, since).json;
  return text.empty() ? json::array() : json::parse(text);
}

// The state after a run from the tape's beginning; and what a restart from the store knows is the same.
TEST(LiveView, IsTheSameFromTheTapeAndFromTheStore) {
  Directory directory;
  directory.bring("a", mixed_stream(7, 2'000));
  directory.open_live(false);
  directory.catch_up();
  const json from_tape = rows_since(directory.live->state(), 0);
  ASSERT_FALSE(from_tape.empty());
  directory.open_live(true);
  EXPECT_EQ(ok(directory.live->sink().restore()), ok(directory.store.position()));
  EXPECT_EQ(rows_since(directory.live->state(), 0), from_tape);
  directory.catch_up();
  EXPECT_EQ(rows_since(directory.live->state(), 0), from_tape);
  EXPECT_EQ(directory.live->state().notices(0).json, "[]") << "the store's rows are no news";
}

TEST(LiveView, AWatchRowSaysTheDay) {
  Directory directory;
  directory.bring("a", {trade("AAPL", "2026-01-04T20:00", "100", "1"), trade("AAPL", "10:00:01", "110", "2"),
                        trade("AAPL", "10:01:01", "99.5", "3"), trade("AAPL", "10:02:01", "103.125", "4")});
  directory.open_live(true);
  const json row = json::parse(directory.live->state().watch_row("AAPL").value());
  const json expected = {{"symbol", "AAPL"},
                         {"last", 103.125},
                         {"last_time", "2026-01-05T10:02:01Z"},
                         {"change", 3.125},
                         {"change_pct", 3.125},
                         {"reference", "previous_close"},
                         {"day_open", 110},
                         {"day_high", 110},
                         {"day_low", 99.5},
                         {"volume", 9},
                         {"trades", 3},
                         {"vwap", 103.444444444},
                         {"spark", {100, 110, 99.5, 103.125}},
                         {"decimals", 3},
                         {"updated_at", "2026-01-07T00:00:00Z"},
                         {"health", "ok"}};
  EXPECT_EQ(row, expected);
  EXPECT_FALSE(directory.live->state().watch_row("MSFT"));
}

TEST(LiveView, WithoutADayBeforeTheOpenIsTheReference) {
  Directory directory;
  directory.bring("a", {trade("AAPL", "10:00:01", "80", "?"), trade("AAPL", "10:01:01", "81", "?")});
  directory.open_live(true);
  const json row = json::parse(directory.live->state().watch_row("AAPL").value());
  EXPECT_EQ(row["reference"], "day_open");
  EXPECT_EQ(row["change_pct"], 1.25);
  EXPECT_TRUE(row["volume"].is_null()) << "unknown is not 0";
  EXPECT_TRUE(row["vwap"].is_null());
}

TEST(LiveView, AFormingBarIsReplacedByTheFinalOneAndNeverReplacesIt) {
  Directory directory({base::kMinute});
  directory.open_live(false);
  LiveState& state = directory.live->state();
  directory.live->forming(0, std::vector{forming_bar("AAPL", "10:00", "50")});
  EXPECT_EQ(bars_since(state, 0)[0]["state"], "provisional");
  directory.bring("a", {trade("AAPL", "10:00:01", "51", "1")});
  directory.catch_up();
  ASSERT_EQ(bars_since(state, 0).size(), 1U);
  EXPECT_EQ(bars_since(state, 0)[0]["state"], "final");
  const std::uint64_t seen = state.bars("AAPL", base::kMinute, 0).version;
  directory.live->forming(0, std::vector{forming_bar("AAPL", "10:00", "52")});
  EXPECT_TRUE(state.bars("AAPL", base::kMinute, seen).json.empty());
  EXPECT_EQ(bars_since(state, 0)[0]["close"], 51);
  directory.live->forming(0, std::vector{forming_bar("AAPL", "10:01", "53")});
  const json news = bars_since(state, seen);
  ASSERT_EQ(news.size(), 1U);
  EXPECT_EQ(news[0]["close"], 53);
  EXPECT_EQ(rows_since(state, 0)[0]["last"], 53);
  EXPECT_EQ(rows_since(state, 0)[0]["spark"], (json{51})) << "closed windows only";
}

TEST(LiveView, AnOpenWindowThatCameToNothingIsTakenBack) {
  Directory directory({base::kMinute});
  directory.open_live(false);
  LiveState& state = directory.live->state();
  directory.live->forming(
      0, std::vector{forming_bar("AAPL", "10:00", "50"), forming_bar("AAPL", "10:02", "50")});
  const std::uint64_t seen = state.bars("AAPL", base::kMinute, 0).version;
  directory.bring("a", {trade("AAPL", "10:01:01", "51", "1")});
  directory.catch_up();
  const LiveState::Changes changes = state.bars("AAPL", base::kMinute, seen);
  EXPECT_TRUE(changes.full);
  const json bars = json::parse(changes.json);
  ASSERT_EQ(bars.size(), 2U);
  EXPECT_EQ(bars[0]["window_start"], "2026-01-05T10:01:00Z");
  EXPECT_EQ(bars[1]["state"], "provisional");
}

TEST(LiveView, ASparkTravelsWhenItHasChanged) {
  Directory directory({base::kMinute});
  directory.bring("a", minutes("AAPL", 3));
  directory.open_live(true);
  LiveState& state = directory.live->state();
  const std::uint64_t seen = state.watch_rows(0).version;
  directory.live->forming(0, std::vector{forming_bar("AAPL", "10:05", "50.1234")});
  const json row = rows_since(state, seen).at(0);
  EXPECT_FALSE(row.contains("spark"));
  EXPECT_EQ(row["decimals"], 4);
  EXPECT_TRUE(rows_since(state, state.watch_rows(0).version).empty());
}

TEST(LiveView, KeepsSixtyWindowsAndNoMoreBarsThanItsBound) {
  FakeClock clock;
  LiveState state({base::kMinute, base::kHour}, clock);
  const auto fill = [&](const std::string& symbol) {
    for (int i = 0; i < 70; ++i) {
      flow::FormingBar bar = forming_bar(symbol, "10:00", "1");
      bar.row.window_start += i * base::kMinute;
      bar.row.state = market::BarState::final;
      state.load(symbol, bar.row);
    }
  };
  fill("AAPL");
  EXPECT_EQ(state.closed_bars("AAPL", base::kMinute).size(), kLiveWindows);
  EXPECT_EQ(state.closed_bars("AAPL", base::kMinute).back().window_start, at("11:09"));
  std::size_t bars = 0;
  for (std::size_t i = 0; i < kLiveSymbolsMax; ++i) fill("S" + std::to_string(i));
  for (const LiveState::Symbol& symbol : state.symbols())
    bars += state.closed_bars(symbol.name, base::kMinute).size();
  EXPECT_EQ(state.symbols().size(), kLiveSymbolsMax);
  EXPECT_GT(state.symbols_left_out(), 0U);
  EXPECT_LE(bars, kLiveBarsMax);
  EXPECT_EQ(state.closed_bars("AAPL", base::kMinute).size(), kLiveBarsMax / kLiveSymbolsMax / 2);
}

TEST(LiveView, TellsWhatItNoticed) {
  Directory directory({base::kMinute});
  directory.open_live(false);
  directory.bring("feed",
                  {trade("AAPL", "10:00:01", "100", "1"), rejected(market::RejectReason::bad_json, "{"),
                   trade("AAPL", "10:02:30", "101", "1"), trade("AAPL", "10:00:30", "102.5", "1"),
                   trade("AAPL", "13:00:00", "103", "1"), trade("AAPL", "10:00:40", "99", "1"),
                   trade("AAPL", "13:05:00", "103", "1")});
  directory.catch_up();
  const LiveState::Changes changes = directory.live->state().notices(0);
  const json notices = json::parse(changes.json);
  std::set<std::string> texts;
  for (const json& notice : notices) texts.insert(notice["text"]);
  EXPECT_TRUE(texts.contains("AAPL 1m 10:00 revised: close 100 → 102.5")) << changes.json;
  EXPECT_TRUE(texts.contains("AAPL 10:00:40: a trade at 99 came too late for its bars")) << changes.json;
  EXPECT_TRUE(texts.contains("feed line 2: bad_json")) << changes.json;
  const auto revised =
      std::find_if(notices.begin(), notices.end(), [](const json& n) { return n["kind"] == "revised"; });
  ASSERT_NE(revised, notices.end());
  EXPECT_EQ((*revised)["before"]["close"], 100);
  EXPECT_EQ((*revised)["after"]["close"], 102.5);
  EXPECT_EQ((*revised)["topic"], "bars");
  EXPECT_TRUE(directory.live->state().notices(changes.version).json.empty());
}

TEST(LiveView, ManyNoticesOfOneSecondAreOne) {
  FakeClock clock;
  LiveState state({base::kMinute}, clock);
  market::RejectRow row;
  row.line = 1;
  for (int i = 0; i < 100; ++i) state.rejected("feed", row, {flow::Topic::rejects, 0, 0});
  EXPECT_EQ(json::parse(state.notices(0).json).size(), kNoticesPerSecond);
  const base::TsNanos counted_at = clock.wall;
  clock.pass(5 * base::kMinute);  // until somebody looks
  const json notices = json::parse(state.notices(0).json);
  EXPECT_EQ(notices.size(), kNoticesPerSecond + 1);
  EXPECT_EQ(base::parse_iso_time(notices[0]["at"].get<std::string>()), counted_at);
  EXPECT_EQ(notices[0]["count"], 95);
  EXPECT_EQ(notices[0]["text"], "95 more records rejected");
  for (int i = 0; i < 1'000; ++i) {
    clock.pass(base::kSecond);
    state.rejected("feed", row, {flow::Topic::rejects, 0, 0});
  }
  EXPECT_EQ(json::parse(state.notices(0).json).size(), kNoticesMax);
  EXPECT_EQ(json::parse(state.notices(0, 7).json).size(), 7U);
}

TEST(LiveView, SaysGapAndFinished) {
  Directory directory({base::kMinute});
  directory.open_live(false);
  std::vector<Entry> entries = {with_seq(trade("AAPL", "10:00:01", "1", "1"), 1),
                                with_seq(trade("AAPL", "10:01:01", "1", "1"), 5),
                                with_seq(trade("AAPL", "10:02:01", "1", "1"), 6)};
  directory.bring("a", entries);
  directory.catch_up();
  LiveState& state = directory.live->state();
  EXPECT_EQ(rows_since(state, 0)[0]["health"], "gap");
  EXPECT_NE(state.notices(0).json.find("\"kind\":\"gap\""), std::string::npos) << state.notices(0).json;
  const std::uint64_t seen = state.watch_rows(0).version;
  state.set_finished("AAPL", true);
  EXPECT_EQ(rows_since(state, seen).at(0)["health"], "finished");
}

// Readers see whole rows while both writers write.
TEST(LiveView, IsReadWhileItIsWritten) {
  Directory directory;
  directory.bring("a", mixed_stream(9, 1'500));
  directory.open_live(false);
  std::thread shard([&] {
    for (int i = 0; i < 500; ++i)
      directory.live->forming(1, std::vector{forming_bar("AAPL", "23:00", std::to_string(i + 1))});
  });
  std::thread sink([&] { directory.catch_up(); });
  std::uint64_t since = 0;
  for (int i = 0; i < 200; ++i) {
    const LiveState::Changes changes = directory.live->state().watch_rows(since);
    EXPECT_GE(changes.version, since);
    EXPECT_TRUE(changes.json.empty() || json::accept(changes.json)) << changes.json;
    since = changes.version;
  }
  shard.join();
  sink.join();
  EXPECT_TRUE(directory.live->state().knows("AAPL"));
}

}  // namespace
}  // namespace tickerhouse::serve

namespace tickerhouse::contract {
namespace {

class LiveUnderTest final : public SinkUnderTest {
 public:
  LiveUnderTest() { reopen(); }
  flow::Sink& sink() override { return view_->sink(); }
  void reopen() override { view_ = tests::ok(serve::LiveView::open({{base::kMinute}, 2}, nullptr, clock_)); }
  std::vector<std::string> content() override {
    std::vector<std::string> all;
    for (const auto& symbol : view_->state().symbols())
      for (const market::BarRow& row : view_->state().closed_bars(symbol.name, base::kMinute))
        all.push_back(tests::bar_text(row, symbol.name));
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  tests::FakeClock clock_;
  std::unique_ptr<serve::LiveView> view_;
};

INSTANTIATE_TEST_SUITE_P(Live, SinkContract,
                         testing::Values(SinkCase{"live", [] { return std::make_unique<LiveUnderTest>(); },
                                                  false}),
                         sink_case_name);

}  // namespace
}  // namespace tickerhouse::contract

#include "sinks/export_parquet.h"

#include <limits>

#include "tests/sinks/support.h"

namespace tickerhouse::sinks {
namespace {

std::string types_of(const std::string& path) {
  std::string text;
  for (const std::string& row :
       rows_of("SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM read_parquet('" + path +
               "'))"))
    text.append(text.empty() ? "" : ", ").append(row);
  return text;
}

TEST(ExportParquet, BarsAreTypedAndExact) {
  const TemporaryFolder folder;
  const std::string path = folder / "it's.parquet";
  const std::string sql_path = folder / "it''s.parquet";
  market::BarRow bar = minute_bar(0);
  bar.open = {std::numeric_limits<std::int64_t>::max()};
  bar.volume = base::pow10_int128(38) - 1;
  bar.known = market::known::kVolume;
  {
    const auto out = ok(make_bar_parquet(path));
    ok(out->append("A", bar));
    ok(out->append("B", minute_bar(1)));
    EXPECT_FALSE(std::filesystem::exists(path));
    ok(out->finish());
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"it's.parquet"});
  EXPECT_EQ(types_of(sql_path),
            "symbol VARCHAR, interval VARCHAR, interval_ns BIGINT, window_start TIMESTAMP, window_end "
            "TIMESTAMP, window_start_ns BIGINT, "
            "window_end_ns BIGINT, open DECIMAL(19,9), high DECIMAL(19,9), low DECIMAL(19,9), close "
            "DECIMAL(19,9), volume DECIMAL(38,6), "
            "trade_count BIGINT, notional DECIMAL(38,15), vwap DECIMAL(19,9), price_avg DECIMAL(19,9), "
            "pct_change DECIMAL(38,6), "
            "open_time TIMESTAMP, close_time TIMESTAMP, open_time_ns BIGINT, close_time_ns BIGINT, "
            "trade_date DATE, state VARCHAR, "
            "revision INTEGER, quality VARCHAR");
  EXPECT_EQ(
      rows_of("SELECT symbol, open, volume, vwap, window_start FROM read_parquet('" + sql_path + "')"),
      (std::vector<std::string>{
          "A | 9223372036.854775807 | 99999999999999999999999999999999.999999 | null | 2026-01-05 14:30:00",
          "B | 150.250000000 | 5234.000000 | 150.400000000 | 2026-01-05 14:31:00"}));
}

TEST(ExportParquet, EventsOfEveryKind) {
  const TemporaryFolder folder;
  const std::string path = folder / "events.parquet";
  market::EventRow trade;
  trade.ts_event = 1'767'623'400'123'456'789;
  trade.ts_recv = trade.ts_event + 1'000;
  trade.trade.price = {150'230'000'000};
  trade.flags = market::kSizeUnknown;
  trade.seq = 9;
  market::EventRow quote;
  quote.kind = market::EventKind::quote;
  quote.quote = {{1}, {2}, {3}, {4}};
  market::EventRow one_sided = quote;
  one_sided.quote = {{1}, {0}, {3}, {0}};
  one_sided.flags = market::kAskSizeUnknown;
  market::EventRow no_sizes = one_sided;
  no_sizes.flags = market::kAskSizeUnknown | market::kBidSizeUnknown;
  market::EventRow snapshot;
  snapshot.kind = market::EventKind::snapshot;
  snapshot.flags = market::kDayFields | market::kVolumeCumulative;
  snapshot.trade.size = {1'500'000};
  snapshot.trade.price = {5};
  market::DayFields day;
  day.open = {7};
  const auto out = ok(make_event_parquet(path));
  ok(out->append(trade, {"AAPL", "XNAS", "feed", ""}));
  ok(out->append(quote, {"AAPL", "", "feed", ""}));
  for (const market::EventRow& row : {one_sided, no_sizes}) ok(out->append(row, {"B", "", "feed", ""}));
  ok(out->append(snapshot, {"AAPL", "", "feed", {reinterpret_cast<const char*>(&day), sizeof day}}));
  ok(out->finish());
  EXPECT_EQ(rows_of("SELECT * EXCLUDE (source) FROM read_parquet('" + path + "')"),
            (std::vector<std::string>{
                "AAPL | trade | 2026-01-05 14:30:00.123456 | 1767623400123456789 | 150.230000000 | null | "
                "null | null | null | null | null | null "
                "| null | null | null | null | XNAS | 9 | 2026-01-05 14:30:00.123457 | 1767623400123457789",
                "AAPL | quote | 1970-01-01 00:00:00 | 0 | null | null | 0.000000001 | 0.000000002 | 0.000003 "
                "| 0.000004 | null | null | null | "
                "null | null | null | null | null | null | null",
                "B | quote | 1970-01-01 00:00:00 | 0 | null | null | 0.000000001 | 0.000000000 | 0.000003 "
                "| null | null | null | null | null | null | null | null | null | null | null",
                "B | quote | 1970-01-01 00:00:00 | 0 | null | null | 0.000000001 | 0.000000000 | null "
                "| null | null | null | null | null | null | null | null | null | null | null",
                "AAPL | snapshot | 1970-01-01 00:00:00 | 0 | 0.000000005 | 1.500000 | null | null | null | "
                "null | cumulative_day | 0.000000007 "
                "| null | null | null | null | null | null | null | null"}));
}

TEST(ExportParquet, RejectsKeepTheirBytes) {
  const TemporaryFolder folder;
  const std::string path = folder / "rejects.parquet";
  const std::string large(market::kRejectBytesMax, '\xFF');
  market::RejectRow row;
  row.line = 1;
  row.raw_length = large.size();
  const auto out = ok(make_reject_parquet(path));
  for (int i = 0; i < 20; ++i) ok(out->append(row, "feed", large));
  ok(out->append(row, "feed", ""));
  ok(out->finish());
  EXPECT_EQ(rows_of("SELECT reason, position, octet_length(raw), count(*) FROM read_parquet('" + path +
                    "') GROUP BY ALL ORDER BY 3"),
            (std::vector<std::string>{"bad_json | 1 | 0 | 1", "bad_json | 1 | 4194304 | 20"}));
}

TEST(ExportParquet, WithoutFinishNothingAppears) {
  const TemporaryFolder folder;
  ok(ok(make_bar_parquet(folder / "bars.parquet"))->append("A", minute_bar(0)));
  EXPECT_TRUE(folder.names().empty());
}

TEST(ExportParquet, AnEmptyFileHasItsColumns) {
  const TemporaryFolder folder;
  const std::string path = folder / "bars.parquet";
  ok(ok(make_bar_parquet(path))->finish());
  EXPECT_EQ(rows_of("SELECT count(*) FROM read_parquet('" + path + "')"), std::vector<std::string>{"0"});
  EXPECT_TRUE(types_of(path).starts_with("symbol VARCHAR, interval VARCHAR"));
}

TEST(ExportParquet, RowsBeyondTheMemoryLimitKeepTheirOrder) {
  const TemporaryFolder folder;
  const std::string path = folder / "bars.parquet";
  ParquetOptions options;
  options.memory_limit = "64MB";
  constexpr std::int64_t kRows = 400'000;
  {
    const auto out = ok(make_bar_parquet(path, options));
    market::BarRow bar = minute_bar(0);
    std::uint64_t noise = 1;
    for (std::int64_t i = 0; i < kRows; ++i) {
      noise = noise * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
      bar.trade_count = i;
      bar.volume = static_cast<base::Int128>(noise) * static_cast<std::int64_t>(noise >> 20U);
      bar.open = bar.close = {static_cast<std::int64_t>(noise >> 2U)};
      ok(out->append("A", bar));
    }
    ok(out->finish());
  }
  EXPECT_EQ(folder.names(), std::vector<std::string>{"bars.parquet"});
  EXPECT_EQ(rows_of("SELECT count(*), min(trade_count = n), max(trade_count) FROM (SELECT trade_count, "
                    "file_row_number AS n FROM read_parquet('" +
                    path + "', file_row_number = true))"),
            std::vector<std::string>{"400000 | true | 399999"});
}

TEST(ExportParquet, APlaceThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  const std::string path = folder / "no/such/bars.parquet";
  const auto out = ok(make_bar_parquet(path));
  const base::Status status = out->finish();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().where, path);
}

}  // namespace
}  // namespace tickerhouse::sinks

// Store::sql: what it answers, what it refuses, and that nothing a statement does harms the store, its files
// or the process.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "sinks/history/history_sink.h"
#include "tests/contract/sink_contract.h"
#include "tests/sinks/support.h"
#include "tests/support/paths.h"

namespace tickerhouse::sinks {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using Rows = std::vector<std::string>;

class StoreSqlTest : public testing::Test {
 protected:
  void SetUp() override {
    DuckdbStoreOptions options;
    options.path = folder_ / "store.duckdb";
    options.sql_program = {(fs::read_symlink("/proc/self/exe").parent_path() / "sinks_child").string(),
                           "sql"};
    store_ = ok(open_duckdb_store(options));
    ok(store_->sink().restore());
  }
  void put(const std::vector<NamedBar>& bars) {
    ok(apply_bars(store_->sink(), offset_, bars));
    ok(store_->sink().flush());
    offset_ += bars.size();
  }
  base::Result<flow::SqlTable> ask(const std::string& text) {
    flow::SqlQuery query;
    query.text = text;
    return store_->store().sql(query);
  }
  // The rows of an answer, cells joined by " | ", NULL as null.
  Rows rows(const std::string& text) {
    const auto table = ask(text);
    EXPECT_TRUE(table.ok()) << text << ": " << (table.ok() ? "" : table.error().message());
    Rows found;
    if (!table.ok()) return found;
    const std::size_t columns = table.value().columns.size();
    for (std::size_t i = 0; i < table.value().cells.size(); ++i) {
      if (i % columns == 0) found.emplace_back();
      found.back().append(i % columns == 0 ? "" : " | ").append(table.value().cells[i].value_or("null"));
    }
    return found;
  }
  base::Error refusal(const std::string& text) {
    const auto table = ask(text);
    EXPECT_FALSE(table.ok()) << text;
    return table.ok() ? base::Error{ErrorCode::check_failed, "", ""} : table.error();
  }
  void write_history(std::uint64_t count) {
    HistoryOptions options;
    options.directory = folder_ / "history";
    const auto history = make_history_sink(options);
    ok(history->restore());
    for (const flow::Topic topic : {flow::Topic::events, flow::Topic::settled})
      ok(contract::apply_rows(*history, {topic, 0}, 0, count));
    ok(history->flush());
  }

  TemporaryFolder folder_;
  std::unique_ptr<DuckdbStore> store_;
  std::uint64_t offset_ = 0;
};

TEST_F(StoreSqlTest, AnswersWithExactValuesAndTheirTypes) {
  market::BarRow unknown = minute_bar(1);
  unknown.known = 0;
  put({{"M&M.NS", minute_bar(0)}, {"B", unknown}});
  const auto table =
      ok(ask("SELECT symbol, window_start, open, volume, trade_count, trade_date FROM bars ORDER BY symbol"));
  ASSERT_EQ(table.columns.size(), 6U);
  const Rows names = {"symbol", "window_start", "open", "volume", "trade_count", "trade_date"};
  const Rows types = {"VARCHAR", "TIMESTAMP", "DECIMAL(19,9)", "DECIMAL(38,6)", "BIGINT", "DATE"};
  const std::vector<bool> numbers = {false, false, true, true, true, false};
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_EQ(table.columns[c].name, names[c]);
    EXPECT_EQ(table.columns[c].type, types[c]);
    EXPECT_EQ(table.columns[c].number, numbers[c]) << names[c];
  }
  EXPECT_EQ(table.cells,
            (std::vector<std::optional<std::string>>{
                "B", "2026-01-05 14:31:00", "150.250000000", std::nullopt, "42", "2026-01-05", "M&M.NS",
                "2026-01-05 14:30:00", "150.250000000", "5234.000000", "42", "2026-01-05"}));
  EXPECT_FALSE(table.truncated);
}

TEST_F(StoreSqlTest, EveryKindOfStatementThatReads) {
  put({{"A", minute_bar(0)}, {"B", minute_bar(0)}, {"B", minute_bar(1)}});
  EXPECT_EQ(
      rows("WITH b AS (SELECT symbol FROM bars) SELECT symbol, count(*) FROM b GROUP BY ALL ORDER BY 1"),
      (Rows{"A | 1", "B | 2"}));
  EXPECT_EQ(rows("FROM positions"), Rows{"bars | 0 | 3"});
  EXPECT_EQ(rows("VALUES (1, 'x'), (2, NULL);"), (Rows{"1 | x", "2 | null"}));
  EXPECT_EQ(rows("SELECT count(*) FROM bars"), Rows{"3"});
  EXPECT_EQ(rows("SELECT a.symbol FROM bars a JOIN bars b USING (window_start) WHERE a.symbol < b.symbol "
                 "UNION ALL SELECT symbol FROM bars_final WHERE window_start > '2026-01-05 14:30:30'"),
            (Rows{"A", "B"}));
  EXPECT_EQ(rows("DESCRIBE bars").at(7), "open | DECIMAL(19,9) | YES | null | null | null");
  EXPECT_EQ(rows("SHOW TABLES"), (Rows{"bars", "bars_final", "bars_seed", "history_bars", "history_events",
                                       "late", "positions", "rejects", "store_info"}));
  EXPECT_EQ(rows("SUMMARIZE SELECT trade_count FROM bars").size(), 1U);
  EXPECT_NE(rows("EXPLAIN SELECT symbol FROM bars").at(0).find("STORE_ROWS"), std::string::npos);
  EXPECT_NE(rows("EXPLAIN ANALYZE SELECT symbol FROM bars").at(0).find("3 rows"), std::string::npos);
}

TEST_F(StoreSqlTest, EveryColumnOfEveryTableIsWhatTheFileHolds) {
  for (const flow::Topic topic : {flow::Topic::bars, flow::Topic::late, flow::Topic::rejects})
    ok(contract::apply_rows(store_->sink(), {topic, 0}, 0, 5'000, 1'000));
  ok(store_->sink().flush());
  std::map<std::string, Rows> asked;
  for (const char* table : {"bars", "late", "positions", "store_info"})
    asked[table] = rows(std::string("SELECT * FROM ") + table + " ORDER BY ALL");
  asked["rejects"] = rows("SELECT * REPLACE (raw::VARCHAR AS raw) FROM rejects ORDER BY ALL");
  store_.reset();
  for (const auto& [table, found] : asked)
    EXPECT_EQ(found, rows_of("SELECT * FROM " + table + " ORDER BY ALL", folder_ / "store.duckdb")) << table;
  EXPECT_GT(asked["bars"].size(), 2'048U);
  EXPECT_EQ(asked["late"].size(), 5'000U);
}

TEST_F(StoreSqlTest, CellsOfOtherTypesAreText) {
  EXPECT_EQ(rows("SELECT [1, NULL]::INTEGER[], {'a': 1.50, 'b': 'x'}, MAP {'k': 2}, true, INTERVAL 90 "
                 "SECOND, 'ab\\x00'::BLOB, NULL, 'é', 170141183460469231731687303715884105727, 1e-3::DOUBLE"),
            Rows{"[1, NULL] | {'a': 1.50, 'b': x} | {k=2} | true | 00:01:30 | YWIA | null | é | "
                 "170141183460469231731687303715884105727 | 0.001"});
  const auto table = ok(ask("SELECT 'nan'::DOUBLE AS a, 1.5::DOUBLE AS b, '-inf'::FLOAT AS c, 2 AS b"));
  EXPECT_FALSE(table.columns.at(0).number);
  EXPECT_TRUE(table.columns.at(1).number);
  EXPECT_FALSE(table.columns.at(2).number);
  EXPECT_EQ(table.cells.at(2), "-inf");
  EXPECT_EQ(table.columns.at(3).name, "b");
}

TEST_F(StoreSqlTest, RowsBeyondTheCapAreSaid) {
  flow::SqlQuery query;
  query.text = "SELECT * FROM range(5000)";
  query.rows_max = 3'000;
  auto table = ok(store_->store().sql(query));
  EXPECT_TRUE(table.truncated);
  ASSERT_EQ(table.cells.size(), 3'000U);
  EXPECT_EQ(table.cells.back(), "2999");
  query.rows_max = 5'000;
  table = ok(store_->store().sql(query));
  EXPECT_FALSE(table.truncated);
  EXPECT_EQ(table.cells.size(), 5'000U);
  query.text = "SELECT 1 AS a, 2 AS b WHERE false";
  table = ok(store_->store().sql(query));
  EXPECT_EQ(table.columns.size(), 2U);
  EXPECT_TRUE(table.cells.empty());
}

// ---- history

TEST_F(StoreSqlTest, HistoryIsEmptyBeforeItsFirstFileAndThenItsRows) {
  const Rows none = rows("DESCRIBE history_events");
  EXPECT_TRUE(rows("SELECT * FROM history_bars").empty());
  write_history(50);
  EXPECT_EQ(rows("DESCRIBE history_events"), none);
  EXPECT_EQ(none.front(), "symbol | VARCHAR | YES | null | null | null");
  EXPECT_EQ(none.back(), "date | DATE | YES | null | null | null");
  const std::string files = folder_ / "history";
  for (const std::string what : {"bars", "events"}) {
    const Rows asked = rows("SELECT * FROM history_" + what + " ORDER BY ALL");
    EXPECT_EQ(asked.size(), 50U);
    EXPECT_EQ(asked, rows_of("SELECT * FROM read_parquet('" + files + "/" + what +
                             "/parquet/*/*.parquet', hive_types = {'date': DATE}) ORDER BY ALL"));
  }
  EXPECT_EQ(rows("SELECT h.symbol = l.symbol FROM (FROM history_bars LIMIT 1) h, (FROM bars LIMIT 1) l"),
            Rows());
  EXPECT_EQ(rows("EXPLAIN SELECT date FROM history_bars").size(), 1U);
}

// ---- what is refused

TEST_F(StoreSqlTest, WhatDoesNotReadIsRefusedAndChangesNothing) {
  put({{"A", minute_bar(0)}});
  write_history(20);
  const auto files = [this] {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "history")) {
      std::ifstream in(entry.path(), std::ios::binary);
      found[entry.path().string()] =
          entry.is_directory() ? "" : std::string(std::istreambuf_iterator<char>(in), {});
    }
    return found;
  };
  const auto before = files();
  const std::string part = "history/bars/parquet/date=2026-01-05/part-settled-0-0-19.parquet";
  ASSERT_TRUE(before.contains(folder_ / part));
  for (const std::string& text : Rows{"DELETE FROM bars",
                                      "INSERT INTO positions VALUES ('bars', 0, 0)",
                                      "UPDATE bars SET open = 1",
                                      "TRUNCATE bars",
                                      "DROP VIEW bars",
                                      "CREATE TABLE t(i INTEGER)",
                                      "CREATE TEMP TABLE t AS SELECT 1",
                                      "CREATE OR REPLACE VIEW bars AS SELECT 1",
                                      "ALTER TABLE bars RENAME TO b",
                                      "CHECKPOINT",
                                      "BEGIN",
                                      "COPY bars TO 'history/x.csv'",
                                      "COPY (SELECT 1) TO '" + part + "'",
                                      "EXPORT DATABASE 'history/x'",
                                      "IMPORT DATABASE 'history'",
                                      "ATTACH 'history/x.db'",
                                      "ATTACH ':memory:' AS m",
                                      "DETACH memory",
                                      "INSTALL httpfs",
                                      "LOAD httpfs",
                                      "SET threads = 4",
                                      "RESET threads",
                                      "SET VARIABLE x = 1",
                                      "PRAGMA threads = 4",
                                      "PRAGMA enable_profiling",
                                      "CALL pragma_version()",
                                      "PREPARE p AS SELECT 1",
                                      "EXECUTE p",
                                      "VACUUM",
                                      "USE memory",
                                      "CREATE SECRET s (TYPE s3)",
                                      "EXPLAIN ANALYZE COPY (SELECT 1) TO 'history/x.csv'",
                                      "EXPLAIN ANALYZE COPY bars TO '" + part + "'",
                                      "EXPLAIN ANALYZE DELETE FROM bars",
                                      "SELECT 1; DROP VIEW bars",
                                      "SELECT 1; SELECT 2",
                                      "",
                                      ";",
                                      "-- nothing",
                                      "SELEC 1",
                                      "SELECT ?",
                                      std::string("SELECT 1\0", 9),
                                      "SELECT nope FROM bars",
                                      "SELECT * FROM query('DELETE FROM bars')",
                                      "SELECT * FROM result_rows()",
                                      "SELECT * FROM store_rows(99)",
                                      "SELECT error('x')",
                                      "SELECT 'x'::INTEGER"}) {
    const base::Error error = refusal(text);
    EXPECT_EQ(error.code, ErrorCode::invalid_argument) << text << ": " << error.message();
    EXPECT_FALSE(error.what.empty()) << text;
    EXPECT_EQ(error.message().find(folder_ / ""), std::string::npos) << error.message();
  }
  EXPECT_EQ(files(), before);
  EXPECT_EQ(rows("SELECT symbol FROM bars"), Rows{"A"});
  EXPECT_NE(refusal("SELECT opne FROM bars").what.find("Candidate bindings: \"open\""), std::string::npos)
      << "DuckDB's own words";
}

TEST_F(StoreSqlTest, NoFileNetworkOrEnvironment) {
  write_history(20);
  fs::create_symlink("/etc/passwd", folder_ / "history/link");
  ::setenv("TICKERHOUSE_SECRET", "s3cr3t", 1);
  for (const std::string& text :
       Rows{"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')",
            "SELECT * FROM '/etc/passwd'", "SELECT * FROM glob('/etc/*')", "SELECT * FROM glob('*')",
            "SELECT * FROM read_blob('/proc/self/environ')",
            "SELECT * FROM read_text('history/../store.duckdb')", "SELECT * FROM read_text('store.duckdb')",
            "SELECT * FROM read_text('history/link')", "SELECT * FROM read_duckdb('store.duckdb')",
            "SELECT * FROM sniff_csv('/etc/passwd')", "SELECT * FROM read_json('/etc/passwd')",
            "SELECT * FROM parquet_metadata('/etc/passwd')",
            "SELECT * FROM read_parquet('https://example.com/a.parquet')",
            "SELECT * FROM read_parquet('s3://bucket/a.parquet')", "SELECT getenv('TICKERHOUSE_SECRET')",
            "EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')"}) {
    EXPECT_EQ(refusal(text).code, ErrorCode::invalid_argument) << text;
  }
  for (const std::string& text :
       Rows{"SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_databases()"}) {
    for (const std::string& row : rows(text)) {
      EXPECT_EQ(row.find(folder_ / ""), std::string::npos) << row;
      EXPECT_EQ(row.find("s3cr3t"), std::string::npos) << row;
    }
  }
}

TEST_F(StoreSqlTest, AReadOnlyOpenTakesNone) {
  store_.reset();
  DuckdbStoreOptions options;
  options.path = folder_ / "store.duckdb";
  options.read_only = true;
  store_ = ok(open_duckdb_store(options));
  EXPECT_EQ(refusal("SELECT 1").code, ErrorCode::invalid_argument);
}

// ---- what takes too much

TEST_F(StoreSqlTest, TimeEndsAStatementThatCannotBeInterrupted) {
  put({{"A", minute_bar(0)}});
  flow::SqlQuery query;
  query.time_max = 700 * base::kMillisecond;
  for (const char* text :
       {"SELECT count(*) FROM range(1000000000000)", "SELECT count(*) FROM bars, range(1000000000000)",
        "WITH RECURSIVE x AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM x) SELECT max(i) FROM x",
        "SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))"}) {
    query.text = text;
    const auto table = store_->store().sql(query);
    ASSERT_FALSE(table.ok()) << text;
    EXPECT_EQ(table.error().code, ErrorCode::over_limit) << text << ": " << table.error().message();
  }
  EXPECT_EQ(rows("SELECT 1"), Rows{"1"}) << "the next one has its turn";
}

TEST_F(StoreSqlTest, MemoryEndsAStatement) {
  put({{"A", minute_bar(0)}});
  EXPECT_EQ(refusal("SELECT list(i) FROM range(1000000000) r(i)").code, ErrorCode::over_limit);
  EXPECT_EQ(refusal("SELECT * FROM range(200000000) ORDER BY hash(range)").code, ErrorCode::over_limit);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which the kernel's bound cannot have
  // These DuckDB does not count.
  EXPECT_EQ(refusal("SELECT len(range(2000000000))").code, ErrorCode::over_limit);
  EXPECT_EQ(refusal("SELECT lpad('x', 2000000000, 'y')").code, ErrorCode::over_limit);
  EXPECT_EQ(refusal("SELECT list_sum(range(i + 300000000)) FROM range(3) r(i)").code, ErrorCode::over_limit);
#endif
  EXPECT_EQ(refusal("SELECT repeat('x', 1000000) FROM range(100)").code, ErrorCode::over_limit)
      << "an answer that is too long";
  put({{"B", minute_bar(0)}});
  EXPECT_EQ(rows("SELECT symbol FROM bars ORDER BY symbol"), (Rows{"A", "B"}));
}

TEST_F(StoreSqlTest, AtMostEightTablesAtOnce) {
  put({{"A", minute_bar(0)}, {"B", minute_bar(0)}});
  const auto text = [](int tables, const std::string& one) {
    std::string sql = one;
    for (int i = 1; i < tables; ++i) sql.append(" UNION ALL ").append(one);
    return sql;
  };
  EXPECT_EQ(rows(text(20, "SELECT count(*) FROM bars")), Rows(20, "2")) << "one after the other";
  EXPECT_EQ(rows(text(8, "(SELECT symbol FROM bars LIMIT 1)")).size(), 8U) << "not read to their ends";
  EXPECT_NE(refusal(text(20, "(SELECT symbol FROM bars LIMIT 1)")).what.find("more than 8 tables at once"),
            std::string::npos);
}

// ---- beside the sink

TEST_F(StoreSqlTest, ItNeitherBlocksTheSinkNorSeesHalfAFlush) {
  put({{"A", minute_bar(0)}, {"B", minute_bar(0)}, {"C", minute_bar(0)}});
  std::atomic<bool> stop{false};
  std::thread endless([&] {
    while (!stop) {
      flow::SqlQuery query;
      query.text = "SELECT count(*) FROM bars, range(1000000000000)";
      query.time_max = 300 * base::kMillisecond;
      EXPECT_FALSE(store_->store().sql(query).ok());
    }
  });
  std::thread reader([&] {
    while (!stop) {
      // All tables of a statement are of one moment.
      const Rows found = rows(
          "SELECT (SELECT count(*) FROM bars) - (SELECT max(next_offset) FROM positions), "
          "(SELECT count(*) % 3 FROM bars)");
      EXPECT_EQ(found, Rows{"0 | 0"});
    }
  });
  const base::TsNanos end = base::system_clock().monotonic_now() + 3 * base::kSecond;
  std::int64_t flushes = 1;
  for (; base::system_clock().monotonic_now() < end; ++flushes)
    put({{"A", minute_bar(flushes)}, {"B", minute_bar(flushes)}, {"C", minute_bar(flushes)}});
  stop = true;
  endless.join();
  reader.join();
  EXPECT_GT(flushes, 20);
  EXPECT_EQ(rows("SELECT count(*) FROM bars"), Rows{std::to_string(3 * flushes)});
}

}  // namespace
}  // namespace tickerhouse::sinks

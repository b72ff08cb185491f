// The store when its process is killed, and beside another one.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/sink_contract.h"
#include "tests/sinks/support.h"
#include "tests/support/child_process.h"

namespace tickerhouse::sinks {
namespace {

using tests::ChildProcess;
constexpr const char* kChild = "sinks_child";

constexpr const char* kContent =
    "SELECT (SELECT count(*) FROM bars), (SELECT count(DISTINCT (symbol, window_start_ns)) FROM bars), "
    "(SELECT count(*) FROM bars WHERE revision = 1), (SELECT sum(trade_count) FROM bars), (SELECT count(*) "
    "FROM late), "
    "(SELECT count(DISTINCT seq) FROM late), (SELECT count(*) FROM rejects), (SELECT count(DISTINCT line) "
    "FROM rejects)";

// What the rows [0, rows) of every topic leave, in a store that nobody killed.
std::string expected_content(std::uint64_t rows) {
  const TemporaryFolder folder;
  DuckdbStoreOptions options;
  options.path = folder / "store.duckdb";
  auto store = ok(open_duckdb_store(options));
  ok(store->sink().restore());
  for (const flow::Topic topic : store->sink().info().topics)
    ok(contract::apply_rows(store->sink(), {topic, 0}, 0, rows, 1'000));
  ok(store->sink().flush());
  store.reset();
  return rows_of(kContent, options.path).at(0);
}

TEST(DuckdbProcess, KilledAnywhereRowsAndPositionAgree) {
  constexpr int kRounds = 12;
  const TemporaryFolder folder;
  const std::string path = folder / "store.duckdb";
  std::uint64_t reported = 0;
  for (int round = 0; round < kRounds; ++round) {
    {
      ChildProcess child(kChild, {"write", path});
      for (int i = 0; i <= round % 4; ++i) {
        const std::string line = child.line();
        ASSERT_FALSE(line.empty());
        reported = std::stoull(line);
      }
      // Anywhere in the next flush, not at its beginning: no condition could be waited for.
      std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
      child.kill();
      for (std::string line = child.line(); !line.empty(); line = child.line()) reported = std::stoull(line);
    }
    DuckdbStoreOptions options;
    options.path = path;
    auto store = ok(open_duckdb_store(options));
    ASSERT_NE(store, nullptr);
    flow::SinkPosition position = ok(store->sink().restore());
    store.reset();
    const std::uint64_t rows = position[{flow::Topic::bars, 0}].value;
    EXPECT_GE(rows, reported);
    EXPECT_LE(rows, reported + 300);
    for (const auto& [place, next] : position) EXPECT_EQ(next.value, rows);
    EXPECT_EQ(rows_of(kContent, path).at(0), expected_content(rows));
  }
}

TEST(DuckdbProcess, AnotherProcessFindsItBusy) {
  const TemporaryFolder folder;
  DuckdbStoreOptions options;
  options.path = folder / "store.duckdb";
  auto store = ok(open_duckdb_store(options));
  EXPECT_EQ(ChildProcess(kChild, {"open", options.path}).line(),
            std::to_string(static_cast<int>(base::ErrorCode::busy)));
  store.reset();
  EXPECT_EQ(ChildProcess(kChild, {"open", options.path}).line(), "ok");
}

}  // namespace
}  // namespace tickerhouse::sinks

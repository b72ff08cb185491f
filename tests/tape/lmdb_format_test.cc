// What lies in data.mdb, read with LMDB alone: docs/formats/tape.md.
#include <lmdb.h>

#include <array>
#include <map>

#include "tests/tape/lmdb_support.h"

namespace tickerhouse::contract {
namespace {

using Table = std::map<std::string, std::string>;

// Every entry of a table, keys in their order.
Table read_table(const std::string& directory, const char* name) {
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_cursor* cursor = nullptr;
  MDB_dbi table = 0;
  Table entries;
  EXPECT_EQ(mdb_env_create(&env), 0);
  EXPECT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  EXPECT_EQ(mdb_env_open(env, directory.c_str(), MDB_RDONLY, 0644), 0);
  EXPECT_EQ(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), 0);
  EXPECT_EQ(mdb_dbi_open(txn, name, 0, &table), 0);
  EXPECT_EQ(mdb_cursor_open(txn, table, &cursor), 0);
  MDB_val key;
  MDB_val value;
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
    entries.emplace(std::string(static_cast<const char*>(key.mv_data), key.mv_size),
                    std::string(static_cast<const char*>(value.mv_data), value.mv_size));
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
  return entries;
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

TEST(LmdbFormat, KeysAndValues) {
  const TestDirectory directory;
  const std::string first = numbered_batch(0, 300);
  const std::string second = numbered_batch(300, 2);
  {
    const auto tape = open_or_fail({.directory = directory.path()});
    const std::array<flow::Append, 2> appends = {flow::Append{flow::Topic::events, 258, first},
                                                 flow::Append{flow::Topic::late, 0, second}};
    ASSERT_TRUE(tape->commit({"source/a", "", "one", appends, flow::Claim::ingest}).ok());
    const std::array<flow::Append, 1> more = {flow::Append{flow::Topic::events, 258, second}};
    ASSERT_TRUE(tape->commit({"source/a", "one", "two", more, flow::Claim::ingest}).ok());
  }
  EXPECT_EQ(read_table(directory.path(), "meta"), (Table{{"format", bytes({1, 0, 0, 0})}}));
  EXPECT_EQ(read_table(directory.path(), "positions"), (Table{{"source/a", "two"}}));
  // topic u8, partition u16, first row u64, all big-endian
  const Table expected = {{bytes({1, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0}), first},
                          {bytes({1, 1, 2, 0, 0, 0, 0, 0, 0, 1, 44}), second},
                          {bytes({7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), second}};
  EXPECT_EQ(read_table(directory.path(), "batches"), expected);
}

}  // namespace
}  // namespace tickerhouse::contract

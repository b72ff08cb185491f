// docs/schema.md against what is made.
#include <fstream>
#include <map>

#include "sinks/export_parquet.h"
#include "tests/sinks/support.h"
#include "tests/support/paths.h"

namespace tickerhouse::sinks {
namespace {

using Columns = std::vector<std::string>;

// By table or view: "name | type" of the rows of its table in the page.
std::map<std::string, Columns> documented() {
  std::map<std::string, Columns> found;
  std::ifstream in(tests::repository() / "docs/schema.md");
  Columns* columns = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("## ")) columns = nullptr;
    for (const std::string head : {"## Table ", "## View "})
      if (line.starts_with(head)) columns = &found[line.substr(head.size())];
    if (columns == nullptr || !line.starts_with("| ") || line.starts_with("| column ")) continue;
    columns->push_back(line.substr(2, line.find(" | ", line.find(" | ") + 1) - 2));
  }
  found["bars_final"] = found["bars"];
  return found;
}

Columns described(const std::string& what, const std::string& path = "") {
  return rows_of("SELECT column_name, column_type FROM (DESCRIBE " + what + ")", path);
}

TEST(Schema, ThePageListsWhatIsThere) {
  const TemporaryFolder folder;
  DuckdbStoreOptions options;
  options.path = folder / "store.duckdb";
  ok(open_duckdb_store(options));
  std::map<std::string, Columns> there;
  for (const std::string& name : rows_of("SELECT table_name FROM information_schema.tables", options.path))
    there[name] = described(name, options.path);
  EXPECT_EQ(there, documented());
}

TEST(Schema, ParquetHasTheColumnsOfTheTables) {
  const TemporaryFolder folder;
  ok(ok(make_bar_parquet(folder / "bars"))->finish());
  ok(ok(make_event_parquet(folder / "late"))->finish());
  ok(ok(make_reject_parquet(folder / "rejects"))->finish());
  auto tables = documented();
  for (const char* name : {"bars", "late", "rejects"}) {
    Columns expected = tables[name];
    ASSERT_FALSE(expected.empty());
    std::erase_if(expected, [](const std::string& column) {
      return column.starts_with("partition |") || column.starts_with("sequence |");
    });
    EXPECT_EQ(described("SELECT * FROM read_parquet('" + (folder / name) + "')"), expected);
  }
}

}  // namespace
}  // namespace tickerhouse::sinks

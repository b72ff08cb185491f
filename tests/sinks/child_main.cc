// The other process of the tests: sinks_child WHAT PATH
//
// - write PATH: opens the store and applies rows without end, from where it stands, saying "N" after the
// flush that ends at offset N.
//
// - sql: runs one statement for the process at its standard input.
//
// - open PATH: opens the store and says what happened: "ok" or the number of the error's code.
#include <cstdio>
#include <string_view>

#include "sinks/duckdb_store.h"
#include "sinks/sql/sql_worker.h"
#include "tests/contract/sink_contract.h"

namespace tickerhouse {
namespace {

constexpr std::uint64_t kFlushRows = 300;

int fail(const base::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

int write(flow::Sink& sink) {
  auto position = sink.restore();
  if (!position.ok()) return fail(position.error());
  for (std::uint64_t from = (*position)[{flow::Topic::bars, 0}].value;; from += kFlushRows) {
    for (const flow::Topic topic : sink.info().topics)
      if (const auto status = contract::apply_rows(sink, {topic, 0}, from, from + kFlushRows, 64);
          !status.ok())
        return fail(status.error());
    if (const auto flushed = sink.flush(); !flushed.ok()) return fail(flushed.error());
    std::printf("%llu\n", static_cast<unsigned long long>(from + kFlushRows));
    std::fflush(stdout);
  }
}

int run(std::string_view what, const char* path) {
  sinks::DuckdbStoreOptions options;
  options.path = path;
  options.memory_limit = "64MB";
  const auto store = sinks::open_duckdb_store(options);
  if (what == "open") {
    std::printf("%s\n", store.ok() ? "ok" : std::to_string(static_cast<int>(store.error().code)).c_str());
    return 0;
  }
  return store.ok() ? write((*store)->sink()) : fail(store.error());
}

}  // namespace
}  // namespace tickerhouse

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "sql") return tickerhouse::sinks::run_sql_worker();
  return argc == 3 ? tickerhouse::run(argv[1], argv[2]) : 64;
}

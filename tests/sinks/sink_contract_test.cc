#include "tests/contract/sink_contract.h"

#include <algorithm>
#include <sstream>

#include "sinks/console.h"
#include "sinks/history/history_sink.h"
#include "tests/sinks/support.h"

namespace tickerhouse::contract {
namespace {

class DuckdbUnderTest final : public SinkUnderTest {
 public:
  DuckdbUnderTest() { reopen(); }
  flow::Sink& sink() override { return store_->sink(); }
  void reopen() override {
    store_.reset();
    sinks::DuckdbStoreOptions options;
    options.path = folder_ / "store.duckdb";
    store_ = sinks::ok(sinks::open_duckdb_store(options));
  }
  std::vector<std::string> content() override {
    const std::string copy = folder_ / "copy.duckdb";
    sinks::copy_store(folder_ / "store.duckdb", copy);
    std::vector<std::string> all;
    for (const char* table : {"bars", "late", "rejects"}) {
      const std::string name = table;
      const auto rows = sinks::rows_of("SELECT '" + name + "', * FROM " + name, copy);
      all.insert(all.end(), rows.begin(), rows.end());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  sinks::TemporaryFolder folder_;
  std::unique_ptr<sinks::DuckdbStore> store_;
};

class HistoryUnderTest final : public SinkUnderTest {
 public:
  explicit HistoryUnderTest(sinks::HistoryFormat format) : format_(format) { reopen(); }
  flow::Sink& sink() override { return *sink_; }
  void reopen() override {
    sinks::HistoryOptions options;
    options.directory = folder_ / "history";
    options.format = format_;
    options.sync = false;
    sink_ = sinks::make_history_sink(options);
  }
  // As a plain glob reads it.
  std::vector<std::string> content() override {
    const std::string format = format_ == sinks::HistoryFormat::csv ? "csv" : "parquet";
    std::vector<std::string> all;
    for (const char* folder : {"bars", "events"}) {
      const std::string glob = (folder_ / "history") + "/" + folder + "/" + format + "/*/*." + format;
      if (sinks::rows_of("SELECT * FROM glob('" + glob + "')").empty()) continue;
      const std::string read =
          format == "csv" ? "read_csv('" + glob + "', all_varchar = true)" : "read_parquet('" + glob + "')";
      const auto rows = sinks::rows_of("SELECT '" + std::string(folder) + "', * FROM " + read);
      all.insert(all.end(), rows.begin(), rows.end());
    }
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  sinks::TemporaryFolder folder_;
  sinks::HistoryFormat format_;
  std::unique_ptr<flow::Sink> sink_;
};

class ConsoleUnderTest final : public SinkUnderTest {
 public:
  ConsoleUnderTest() { reopen(); }
  flow::Sink& sink() override { return *sink_; }
  void reopen() override { sink_ = sinks::make_console_sink({}, out_); }
  std::vector<std::string> content() override {
    std::vector<std::string> lines;
    std::istringstream in(out_.str());
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  std::ostringstream out_;
  std::unique_ptr<flow::Sink> sink_;
};

INSTANTIATE_TEST_SUITE_P(Duckdb, SinkContract,
                         testing::Values(SinkCase{"store", [] { return std::make_unique<DuckdbUnderTest>(); },
                                                  true}),
                         sink_case_name);
SinkCase history_case(const char* name, sinks::HistoryFormat format) {
  return {name, [format] { return std::make_unique<HistoryUnderTest>(format); }, true};
}
INSTANTIATE_TEST_SUITE_P(History, SinkContract,
                         testing::Values(history_case("csv", sinks::HistoryFormat::csv),
                                         history_case("parquet", sinks::HistoryFormat::parquet)),
                         sink_case_name);
INSTANTIATE_TEST_SUITE_P(Console, SinkContract,
                         testing::Values(SinkCase{
                             "lines", [] { return std::make_unique<ConsoleUnderTest>(); }, false}),
                         sink_case_name);

}  // namespace
}  // namespace tickerhouse::contract

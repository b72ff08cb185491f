// History files: what a killed flush leaves and how the next start finishes it, how files are cut and named,
// and what a reader finds in them.
#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/disk.h"
#include "sinks/history/history_sink.h"
#include "tests/contract/sink_contract.h"
#include "tests/sinks/support.h"

namespace tickerhouse::sinks {
namespace {

namespace fs = std::filesystem;

constexpr contract::SinkPlace kEvents{flow::Topic::events, 0};
constexpr contract::SinkPlace kSettled{flow::Topic::settled, 1};

class HistoryTest : public testing::Test {
 protected:
  std::unique_ptr<flow::Sink> sink(HistoryFormat format = HistoryFormat::csv) {
    HistoryOptions options;
    options.directory = root_;
    options.format = format;
    return make_history_sink(options);
  }
  // A sink that has flushed the first rows of both places.
  void flush(std::uint64_t rows, HistoryFormat format = HistoryFormat::csv) {
    const auto history = sink(format);
    auto position = ok(history->restore());
    for (const contract::SinkPlace place : {kEvents, kSettled})
      ok(contract::apply_rows(*history, place, position[{place.topic, place.partition}].value, rows));
    ok(history->flush());
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (entry.is_regular_file()) found.push_back(fs::relative(entry.path(), root_).string());
    std::sort(found.begin(), found.end());
    return found;
  }
  [[nodiscard]] std::string path(const std::string& name) const { return root_ + "/" + name; }
  void undo_rename(const std::string& name) const { fs::rename(path(name), path(name + ".staging")); }

  TemporaryFolder folder_;
  std::string root_ = folder_ / "history";
};

const std::vector<std::string> kTwoFlushes = {
    "bars/csv/date=2026-01-05/part-settled-1-0-9.csv", "bars/csv/date=2026-01-05/part-settled-1-10-14.csv",
    "csv.journal", "events/csv/date=2026-01-05/part-events-0-0-9.csv",
    "events/csv/date=2026-01-05/part-events-0-10-14.csv"};

TEST_F(HistoryTest, FilesAreNamedByTheirPlaceOnTheTape) {
  flush(10);
  flush(15);
  EXPECT_EQ(files(), kTwoFlushes);
}

TEST_F(HistoryTest, OfBarsAloneUntilEventsAreWantedToo) {
  HistoryOptions options;
  options.directory = root_;
  options.format = HistoryFormat::csv;
  options.topics = {flow::Topic::settled};
  const auto bars = make_history_sink(options);
  EXPECT_EQ(bars->info().topics, options.topics);
  ok(bars->restore());
  ok(contract::apply_rows(*bars, kSettled, 0, 10));
  ok(bars->flush());
  EXPECT_EQ(files(), (std::vector<std::string>{kTwoFlushes[0], "csv.journal"}));
  const auto both = sink();
  auto position = ok(both->restore());
  EXPECT_EQ((position[{kSettled.topic, kSettled.partition}].value), 10U);
  EXPECT_EQ((position[{kEvents.topic, kEvents.partition}].value), 0U);
}

TEST_F(HistoryTest, AKilledCommitIsFinished) {
  flush(10);
  flush(15);
  // Killed after the journal, with the second file not renamed yet, or neither.
  undo_rename(kTwoFlushes[4]);
  EXPECT_EQ(ok(sink()->restore()).at({flow::Topic::events, 0}), flow::Offset{15});
  EXPECT_EQ(files(), kTwoFlushes);
  undo_rename(kTwoFlushes[1]);
  undo_rename(kTwoFlushes[4]);
  ok(sink()->restore());
  EXPECT_EQ(files(), kTwoFlushes);
}

TEST_F(HistoryTest, AKilledFlushLeavesNothing) {
  flush(10);
  std::ofstream(path("events/csv/date=2026-01-05/part-events-0-10-12.csv.staging")) << "half a fi";
  EXPECT_EQ(ok(sink()->restore()).at({flow::Topic::events, 0}), flow::Offset{10});
  flush(15);
  EXPECT_EQ(files(), kTwoFlushes);
}

TEST_F(HistoryTest, ADamagedJournalIsSaid) {
  flush(10);
  const std::string text = ok(base::system_disk().read_file(path("csv.journal")));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    ok(base::system_disk().replace_file(path("csv.journal"), other));
    const auto restored = sink()->restore();
    ASSERT_FALSE(restored.ok()) << i;
    EXPECT_EQ(restored.error().code, base::ErrorCode::damaged);
  }
  ok(base::system_disk().replace_file(path("csv.journal"), text.substr(0, text.size() / 2)));
  EXPECT_FALSE(sink()->restore().ok());
  ok(base::system_disk().replace_file(path("csv.journal"), text));
  ok(sink()->restore());
}

TEST_F(HistoryTest, AFileThatCannotBeWrittenCommitsNothing) {
  flush(10);
  fs::create_directory(path(kTwoFlushes[4] + ".staging"));
  const auto history = sink();
  ok(history->restore());
  fs::create_directory(path(kTwoFlushes[4] + ".staging"));  // the start has cleared it away
  ok(contract::apply_rows(*history, kEvents, 10, 15));
  const auto flushed = history->flush();
  ASSERT_FALSE(flushed.ok());
  EXPECT_NE(flushed.error().message().find(".staging"), std::string::npos) << flushed.error().message();
  flush(15);
  EXPECT_EQ(files(), kTwoFlushes);
}

TEST_F(HistoryTest, BothFormatsHoldTheSameRowsSortedForReaders) {
  flush(4'000);
  flush(4'000, HistoryFormat::parquet);
  const auto rows = [this](const char* folder, const char* columns, const char* format) {
    const std::string glob = path(std::string(folder) + "/" + format + "/*/*." + format);
    const std::string read =
        std::string(format) == "csv" ? "read_csv('" + glob + "')" : "read_parquet('" + glob + "')";
    return rows_of(std::string("SELECT ") + columns + " FROM " + read + " ORDER BY ALL");
  };
  const char* bars =
      "symbol, interval, open::DECIMAL(18,9), close::DECIMAL(18,9), volume::DECIMAL(38,9), trade_count";
  EXPECT_EQ(rows("bars", bars, "csv"), rows("bars", bars, "parquet"));
  const char* events = "symbol, price::DECIMAL(18,9), seq, source";
  EXPECT_EQ(rows("events", events, "csv").size(), 4'000U);
  EXPECT_EQ(rows("events", events, "csv"), rows("events", events, "parquet"));

  std::ifstream in(path("events/csv/date=2026-01-05/part-events-0-0-3999.csv"));
  std::vector<std::string> symbols;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) symbols.push_back(line.substr(0, line.find(',')));
  EXPECT_TRUE(std::is_sorted(symbols.begin(), symbols.end()));
}

TEST_F(HistoryTest, EachUtcDateHasItsFolder) {
  const auto history = sink();
  ok(history->restore());
  ok(contract::apply_rows(*history, kEvents, 0, 120'000, 10'000));  // a second each: two midnights
  ok(history->flush());
  EXPECT_EQ(files(),
            (std::vector<std::string>{"csv.journal", "events/csv/date=2026-01-05/part-events-0-0-34199.csv",
                                      "events/csv/date=2026-01-06/part-events-0-34200-119999.csv"}));
}

// More files than are synced one by one.
TEST_F(HistoryTest, AFlushOfManyDatesIsOneCommit) {
  constexpr std::uint64_t kDay = 86'400;  // rows, a second each
  constexpr std::uint64_t kDates = 40;
  const auto history = sink();
  ok(history->restore());
  for (std::uint64_t date = 0; date < kDates; ++date)
    ok(contract::apply_rows(*history, kEvents, date * kDay, date * kDay + 3));
  ok(history->flush());
  std::vector<std::string> found = files();
  ASSERT_EQ(found.size(), kDates + 1);
  EXPECT_EQ(found[0], "csv.journal");
  EXPECT_EQ(found[1], "events/csv/date=2026-01-05/part-events-0-0-2.csv");
  EXPECT_EQ(found[40], "events/csv/date=2026-02-13/part-events-0-3369600-3369602.csv");
  for (std::size_t i = 10; i < 30; ++i) undo_rename(found[i]);
  EXPECT_EQ(ok(sink()->restore()).at({flow::Topic::events, 0}), flow::Offset{(kDates - 1) * kDay + 3});
  EXPECT_EQ(files(), found);
}

}  // namespace
}  // namespace tickerhouse::sinks

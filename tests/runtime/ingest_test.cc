#include "runtime/ingest.h"

#include <gtest/gtest.h>

#include "analytics/bar_builder.h"
#include "runtime/shard_host.h"
#include "tape/memory_tape.h"
#include "tests/runtime/scripted_source.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::TsNanos kTen = 1'767'607'200 * base::kSecond;  // 2026-01-05T10:00:00Z
constexpr std::int64_t kDollar = 1'000'000'000;

IngestOptions options_with(std::uint16_t partitions) {
  IngestOptions options;
  options.settings.partitions = partitions;
  return options;
}

std::vector<market::EventRow> rows_of(flow::Tape& tape, flow::Topic topic, std::uint16_t partition) {
  std::vector<market::EventRow> rows;
  auto reader = tape.read(topic, partition, flow::Offset{});
  flow::TapeBatch batch;
  while (reader.ok() && (*reader)->next(batch).value()) {
    const market::EventBatchView view(batch.bytes);
    rows.insert(rows.end(), view.rows().begin(), view.rows().end());
  }
  return rows;
}

std::vector<base::TsNanos> marks_of(const std::vector<market::EventRow>& rows) {
  std::vector<base::TsNanos> marks;
  for (const auto& row : rows)
    if (row.kind == market::EventKind::watermark) marks.push_back(row.ts_event);
  return marks;
}

std::vector<market::BarRow> bars_after_stepping(flow::Tape& tape, const engine::Settings& settings) {
  ShardHostOptions options;
  options.settings = settings;
  options.make_operators = [](const engine::Settings& s) {
    std::vector<std::unique_ptr<flow::Operator>> operators;
    operators.push_back(analytics::make_bar_builder(s));
    return operators;
  };
  std::vector<std::string> notes;
  auto host = ShardHost::open(options, tape, base::system_disk(), notes);
  EXPECT_TRUE(host.ok());
  while ((*host)->step().value() == StepState::progressed) {
  }
  std::vector<market::BarRow> bars;
  auto reader = tape.read(flow::Topic::bars, 0, flow::Offset{});
  flow::TapeBatch batch;
  while ((*reader)->next(batch).value()) {
    const market::BatchView<market::BarRow> view(batch.bytes);
    bars.insert(bars.end(), view.rows().begin(), view.rows().end());
  }
  return bars;
}

TEST(Ingest, WritesTheMarkBeforeTheEventThatMovesIt) {
  const auto tape = tape::make_memory_tape();
  ScriptedSource source("file", false);
  source.script = {trade("A", kTen, kDollar), trade("A", kTen + base::kSecond, kDollar)};
  FakeClock clock;
  auto ingest = Ingest::open(options_with(1), *tape, source, clock);
  ASSERT_TRUE(ingest.ok());
  EXPECT_EQ((*ingest)->step().value(), IngestState::finished);
  const auto rows = rows_of(*tape, flow::Topic::events, 0);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].ts_event, kTen - 5 * base::kSecond);
  EXPECT_EQ(rows[1].kind, market::EventKind::trade);
  EXPECT_EQ(rows[2].ts_event, kTen - 4 * base::kSecond);
  EXPECT_EQ(rows[3].kind, market::EventKind::trade);
  EXPECT_EQ(rows[4].control.code, market::StatusCode::finished);
}

TEST(Ingest, ABatchSizeChangesNoRow) {
  std::vector<std::vector<market::EventRow>> outcomes;
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    const auto tape = tape::make_memory_tape();
    ScriptedSource source("file", false);
    for (int n = 0; n < 500; ++n) {
      source.script.push_back(
          trade(n % 3 == 0 ? "A" : "B", kTen + n * 173 * base::kMillisecond, kDollar + n));
      source.script.back().row.seq = n + n / 50;  // every fiftieth number is missing
    }
    FakeClock clock;
    IngestOptions options = options_with(1);
    options.batch_records_max = size;
    auto ingest = Ingest::open(options, *tape, source, clock);
    while ((*ingest)->step().value() == IngestState::progressed) {
    }
    outcomes.push_back(rows_of(*tape, flow::Topic::events, 0));
  }
  for (const auto& rows : outcomes) {
    ASSERT_EQ(rows.size(), outcomes.front().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i].kind, outcomes.front()[i].kind);
      EXPECT_EQ(rows[i].ts_event, outcomes.front()[i].ts_event);
    }
  }
}

TEST(Ingest, AQuietLiveSourceGoesOnByTheClockOneMarkASecond) {
  const auto tape = tape::make_memory_tape();
  ScriptedSource source("live", true);
  FakeClock clock;
  clock.wall = kTen;
  source.script = {trade("A", kTen, kDollar)};
  const IngestOptions options = options_with(1);
  auto ingest = Ingest::open(options, *tape, source, clock);
  ASSERT_TRUE(ingest.ok());
  ASSERT_TRUE((*ingest)->step().ok());
  EXPECT_EQ(marks_of(rows_of(*tape, flow::Topic::events, 0)).size(), 1U);

  for (int i = 0; i < 100; ++i) {  // 9.9 s: not idle yet
    if (i < 99) clock.advance(100 * base::kMillisecond);
    EXPECT_EQ((*ingest)->step().value(), IngestState::idle);
  }
  EXPECT_EQ(marks_of(rows_of(*tape, flow::Topic::events, 0)).size(), 1U);

  for (int i = 0; i < 50; ++i) {  // 5 s more: the rule speaks once a second
    clock.advance(100 * base::kMillisecond);
    ASSERT_TRUE((*ingest)->step().ok());
  }
  const auto rows = rows_of(*tape, flow::Topic::events, 0);
  const auto marks = marks_of(rows);
  ASSERT_EQ(marks.size(), 6U);
  // max(ts_event) + quiet − bound − idle_timeout: after 10 s that is 10:00:00 − 5 s, which is no news;
  // after 10.25 s it is on the grid.
  EXPECT_EQ(marks[1], kTen + 10'250 * base::kMillisecond - 15 * base::kSecond);
  for (std::size_t i = 2; i < marks.size(); ++i)
    EXPECT_LE(marks[i] - marks[i - 1], base::kSecond + 250 * base::kMillisecond);
  EXPECT_NE(rows.back().flags & market::kDecidedByClock, 0);
}

TEST(Ingest, DataThatResumesOlderIsLateAndNotLost) {
  const auto tape = tape::make_memory_tape();
  ScriptedSource source("live", true);
  FakeClock clock;
  clock.wall = kTen;
  source.script = {trade("A", kTen + base::kSecond, kDollar)};
  const IngestOptions options = options_with(1);
  auto ingest = Ingest::open(options, *tape, source, clock);
  ASSERT_TRUE((*ingest)->step().ok());
  for (int i = 0; i < 90; ++i) {
    clock.advance(base::kSecond);
    ASSERT_TRUE((*ingest)->step().ok());
  }
  source.script.push_back(trade("A", kTen + 2 * base::kSecond, 2 * kDollar));
  ASSERT_TRUE((*ingest)->step().ok());
  for (int i = 0; i < 100; ++i) {  // until the clock has passed what it had said before
    clock.advance(base::kSecond);
    ASSERT_TRUE((*ingest)->step().ok());
  }
  ASSERT_TRUE((*ingest)->stop().ok());

  std::vector<market::BarRow> minutes;
  for (const market::BarRow& bar : bars_after_stepping(*tape, options.settings))
    if (bar.interval == base::kMinute) minutes.push_back(bar);
  ASSERT_EQ(minutes.size(), 2U);  // closed without any further trade, then revised
  EXPECT_EQ(minutes[0].state, market::BarState::final);
  EXPECT_EQ(minutes[0].quality, market::quality::kPartial) << "the source started inside the window";
  EXPECT_EQ(minutes[1].state, market::BarState::revised);
  EXPECT_EQ(minutes[1].close.units, 2 * kDollar);
  EXPECT_EQ(minutes[1].quality, market::quality::kPartial | market::quality::kLate);
}

TEST(Ingest, TheFutureGuardAsksTheReceiptElseTheClock) {
  const auto tape = tape::make_memory_tape();
  ScriptedSource source("live", true);
  FakeClock clock;
  clock.wall = kTen;
  source.script = {trade("A", kTen + 6 * base::kSecond, kDollar),
                   trade("A", kTen + 6 * base::kSecond, kDollar),
                   trade("A", kTen + 5 * base::kSecond, kDollar)};
  source.script[1].row.ts_recv = kTen + 2 * base::kSecond;
  auto ingest = Ingest::open(options_with(1), *tape, source, clock);
  ASSERT_TRUE((*ingest)->step().ok());
  EXPECT_EQ((*ingest)->progress().events, 2U);
  EXPECT_EQ((*ingest)->progress().rejects.at(static_cast<std::size_t>(market::RejectReason::future_time)),
            1U);
}

TEST(Ingest, ASymbolHasOneUnfinishedSource) {
  const auto tape = tape::make_memory_tape();
  FakeClock clock;
  ScriptedSource first("first", true);
  first.script = {trade("A", kTen, kDollar)};
  auto ingest = Ingest::open(options_with(1), *tape, first, clock);
  ASSERT_TRUE((*ingest)->step().ok());
  ScriptedSource second("second", false);
  second.script = {trade("A", kTen, kDollar)};
  auto refused = Ingest::open(options_with(1), *tape, second, clock);
  const auto state = (*refused)->step();
  ASSERT_FALSE(state.ok());
  EXPECT_NE(state.error().message().find("first"), std::string::npos);
  EXPECT_NE(state.error().message().find("second"), std::string::npos);
  IngestOptions merging = options_with(1);
  merging.merge = true;
  ScriptedSource again("second", false);
  again.script = second.script;
  auto merged = Ingest::open(merging, *tape, again, clock);
  EXPECT_EQ((*merged)->step().value(), IngestState::finished);
}

TEST(Ingest, NoRoomIsWaitedForAndNothingIsLost) {
  bool full = true;
  tape::MemoryTapeOptions memory;
  memory.fail = [&full](std::string_view step) -> base::Status {
    if (full && step == "commit") return base::Error{base::ErrorCode::no_space, "full", ""};
    return {};
  };
  const auto tape = tape::make_memory_tape(memory);
  ScriptedSource source("file", false);
  source.script = {trade("A", kTen, kDollar)};
  FakeClock clock;
  auto ingest = Ingest::open(options_with(1), *tape, source, clock);
  EXPECT_EQ((*ingest)->step().value(), IngestState::blocked);
  EXPECT_EQ((*ingest)->step().value(), IngestState::blocked);
  full = false;
  EXPECT_EQ((*ingest)->step().value(), IngestState::finished);
  EXPECT_EQ(rows_of(*tape, flow::Topic::events, 0).size(), 3U);
}

}  // namespace
}  // namespace tickerhouse::runtime

#include "runtime/ingest/ingest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "market/symbol.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using base::kMinute;
using base::kSecond;
using flow::Topic;
using market::RejectReason;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using Lines = std::vector<std::string>;

IngestOptions options_of(std::uint16_t partitions = 1) {
  IngestOptions options;
  options.settings = settings_of(partitions, {kMinute, 5 * kMinute});
  return options;
}

SourceProgress progress_of(flow::Tape& tape, const std::string& source) {
  const auto bytes = flow::position_of(tape, std::string(kSourcePrefix) + source);
  return SourceProgress::decode(bytes.value()).value();
}

class IngestTest : public testing::Test {
 protected:
  IngestState run(flow::Source& source, const IngestOptions& options) {
    return ingest_all(*tape_, source, clock_, options);
  }
  Lines events(std::uint16_t partition = 0) { return words_of(*tape_, Topic::events, partition); }

  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
  FakeClock clock_;
};

TEST_F(IngestTest, TheMarkStandsBeforeTheEventThatMovesIt) {
  ScriptedSource source("a", {trade("AAPL", "10:00:05.1", "1", "1"), trade("AAPL", "10:00:05.2", "1", "1"),
                              trade("AAPL", "10:00:05.3", "1", "1"), trade("AAPL", "10:00:01", "1", "1"),
                              trade("AAPL", "10:00:07", "1", "1")});
  EXPECT_EQ(run(source, options_of()), IngestState::finished);
  EXPECT_EQ(events(),
            (Lines{"W 10:00", "AAPL 10:00:05.1 1", "AAPL 10:00:05.2 1", "W 10:00:00.25", "AAPL 10:00:05.3 1",
                   "AAPL 10:00:01 1", "W 10:00:02", "AAPL 10:00:07 1", "finished 10:00:07"}));
  EXPECT_EQ(words_of(*tape_, Topic::symbols), Lines{"AAPL of a"});
}

TEST_F(IngestTest, PartitionsHearMarksOnceTheyAreInUse) {
  const std::string first = "AAPL";   // placed in 1 of 4
  const std::string second = "MSFT";  // placed in 2 of 4
  ASSERT_EQ(market::partition_of(first, 4), 1);
  ASSERT_EQ(market::partition_of(second, 4), 2);
  ScriptedSource source("a", {trade(first, "10:00:05", "1", "1"), trade(first, "10:00:06", "1", "1"),
                              trade(second, "10:00:03", "2", "1"), trade(second, "10:00:08", "2", "1")});
  run(source, options_of(4));
  EXPECT_EQ(events(1), (Lines{"W 10:00", "AAPL 10:00:05 1", "W 10:00:01", "AAPL 10:00:06 1", "W 10:00:03",
                              "finished 10:00:08"}));
  EXPECT_EQ(events(2),
            (Lines{"W 10:00:01", "MSFT 10:00:03 2", "W 10:00:03", "MSFT 10:00:08 2", "finished 10:00:08"}));
  EXPECT_TRUE(events(0).empty());
  EXPECT_TRUE(events(3).empty());
}

TEST_F(IngestTest, AGapIsToldToEveryPartition) {
  ScriptedSource source("a", {with_seq(trade("AAPL", "10:00:05", "1", "1"), 1),
                              with_seq(trade("AAPL", "10:00:06", "1", "1"), 5)});
  run(source, options_of(4));
  EXPECT_EQ(events(0), Lines{"gap 10:00:05 to 10:00:06"});
  EXPECT_EQ(events(1), (Lines{"W 10:00", "AAPL 10:00:05 1", "W 10:00:01", "AAPL 10:00:06 1",
                              "gap 10:00:05 to 10:00:06", "finished 10:00:06"}));
}

TEST_F(IngestTest, TheFutureIsMeasuredFromTheReceipt) {
  Entry within = trade("AAPL", "10:00:15", "1", "1");
  within.row.ts_recv = at("10:00:10");
  Entry beyond = trade("AAPL", "10:00:15.000000001", "1", "1");
  beyond.row.ts_recv = at("10:00:10");
  ScriptedSource source("a", {within, beyond});
  run(source, options_of());
  EXPECT_EQ(events(), (Lines{"W 10:00:10", "AAPL 10:00:15 1", "finished 10:00:15"}));
  EXPECT_EQ(words_of(*tape_, Topic::rejects), Lines{"future_time 2 AAPL 10:00:15.000000001"});
}

TEST_F(IngestTest, ARecordedInputIsMeasuredFromWhenItWasFirstOpened) {
  clock_.wall = at("10:00:00");
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1"), trade("AAPL", "10:00:06", "1", "1")});
  source.at_end = flow::PollState::idle;
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  clock_.pass(base::kHour);  // opened again later: the reference stays
  source.script.push_back(trade("AAPL", "10:00:07", "1", "1"));
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  EXPECT_EQ(words_of(*tape_, Topic::rejects),
            (Lines{"future_time 2 AAPL 10:00:06", "future_time 3 AAPL 10:00:07"}));
}

// A producer on standard input writes what happens now, for as long as it likes.
TEST_F(IngestTest, AnInputThatIsBeingWrittenIsMeasuredByTheWallClock) {
  clock_.wall = at("10:00:00");
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1"), trade("AAPL", "10:00:06", "1", "1")});
  source.at_end = flow::PollState::idle;
  source.set_being_written();
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  clock_.pass(base::kHour);
  source.script.push_back(trade("AAPL", "11:00:04", "1", "1"));
  source.script.push_back(trade("AAPL", "11:00:06", "1", "1"));
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  EXPECT_EQ(words_of(*tape_, Topic::rejects),
            (Lines{"future_time 2 AAPL 10:00:06", "future_time 4 AAPL 11:00:06"}));
}

TEST_F(IngestTest, ALiveSourceIsMeasuredByTheWallClock) {
  clock_.wall = at("10:00:00");
  ScriptedSource source("a", {trade("AAPL", "10:00:06", "1", "1")}, true);
  const auto ingest = Ingest::open(options_of(), *tape_, source, clock_);
  ASSERT_TRUE(ingest.ok());
  EXPECT_EQ(drain(**ingest), IngestState::idle);
  clock_.pass(2 * kSecond);
  source.script.push_back(trade("AAPL", "10:00:06", "1", "1"));
  EXPECT_EQ(drain(**ingest), IngestState::idle);
  source.script.push_back(trade("AAPL", "10:00:08", "1", "1"));
  source.script.back().row.ts_recv = at("10:00:03");  // known better than by the clock, which says 10:00:02
  EXPECT_EQ(drain(**ingest), IngestState::idle);
  EXPECT_EQ(events(),
            (Lines{"started 10:00", "W 10:00:01", "AAPL 10:00:06 1", "W 10:00:03", "AAPL 10:00:08 1"}));
  EXPECT_EQ(words_of(*tape_, Topic::rejects), Lines{"future_time 1 AAPL 10:00:06"});
}

TEST_F(IngestTest, NothingNewIsNotCommitted) {
  int commits = 0;
  tape_ = tape::make_memory_tape({.fail = [&commits](std::string_view step) -> base::Status {
    commits += step == "commit" ? 1 : 0;
    return {};
  }});
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1")});
  run(source, options_of());
  const int after_first = commits;
  EXPECT_EQ(run(source, options_of()), IngestState::finished);
  EXPECT_EQ(commits, after_first);
  source.at_end = flow::PollState::idle;
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  EXPECT_EQ(commits, after_first);
}

TEST_F(IngestTest, AnInputThatHasGrownIsUnfinishedAgain) {
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1")});
  run(source, options_of());
  EXPECT_TRUE(progress_of(*tape_, "a").finished);
  source.script.push_back(trade("AAPL", "10:00:25", "2", "1"));
  source.at_end = flow::PollState::idle;
  EXPECT_EQ(run(source, options_of()), IngestState::idle);
  EXPECT_FALSE(progress_of(*tape_, "a").finished);
  source.at_end = flow::PollState::finished;
  EXPECT_EQ(run(source, options_of()), IngestState::finished);
  EXPECT_TRUE(progress_of(*tape_, "a").finished);
  EXPECT_EQ(events().back(), "finished 10:00:25");
}

TEST_F(IngestTest, ASourceWithoutEventsFinishesToo) {
  ScriptedSource source("a", {rejected(RejectReason::bad_json, "{")});
  EXPECT_EQ(run(source, options_of()), IngestState::finished);
  EXPECT_TRUE(progress_of(*tape_, "a").finished);
  ScriptedSource empty("b", {});
  EXPECT_EQ(run(empty, options_of()), IngestState::finished);
  EXPECT_TRUE(progress_of(*tape_, "b").finished);
}

TEST_F(IngestTest, TheSizeOfACommitChangesNoRow) {
  const std::vector<Topic> topics = {Topic::events, Topic::rejects, Topic::symbols};
  std::map<std::string, Lines> expected;
  for (const std::size_t size : {1'000U, 1U, 7U}) {
    tape_ = tape::make_memory_tape();
    IngestOptions options = options_of(4);
    options.batch_records_max = size;
    ScriptedSource source("a", mixed_stream(3, 1'500));
    EXPECT_EQ(run(source, options), IngestState::finished);
    if (expected.empty()) expected = all_rows(*tape_, 4, topics);
    EXPECT_EQ(all_rows(*tape_, 4, topics), expected) << size << " records a commit";
  }
}

TEST_F(IngestTest, RejectsKeepTheirOrderAndBytes) {
  const std::string odd("\x00\xff\"{\r", 5);
  IngestOptions options = options_of();
  options.allowed_symbols = {"AAPL"};
  ScriptedSource source("a",
                        {rejected(RejectReason::bad_json, odd), trade("MSFT", "10:00:01", "1", "1"),
                         trade("AAPL", "10:00:01", "1", "1"), rejected(RejectReason::bad_price, "second"),
                         trade("MSFT", "10:00:02", "1", "1"), rejected(RejectReason::bad_csv, "")});
  run(source, options);
  EXPECT_EQ(words_of(*tape_, Topic::rejects),
            (Lines{"bad_json 1 " + odd, "unknown_symbol 2 MSFT 10:00:01", "bad_price 4 second",
                   "unknown_symbol 5 MSFT 10:00:02", "bad_csv 6 "}));
  EXPECT_EQ(words_of(*tape_, Topic::symbols), Lines{"AAPL of a"});
  const SourceProgress progress = progress_of(*tape_, "a");
  EXPECT_EQ(progress.events, 1U);
  EXPECT_EQ(progress.rejected(), 5U);
}

TEST_F(IngestTest, ASymbolHasOneUnfinishedSource) {
  ScriptedSource first("first", {trade("AAPL", "10:00:05", "1", "1")});
  first.at_end = flow::PollState::idle;
  run(first, options_of());
  ScriptedSource second("second", {trade("MSFT", "10:00:05", "1", "1"), trade("AAPL", "10:00:05", "1", "1")});
  const auto ingest = Ingest::open(options_of(), *tape_, second, clock_);
  ASSERT_TRUE(ingest.ok());
  const auto refused = (*ingest)->step();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  EXPECT_NE(refused.error().message().find("first"), std::string::npos);
  EXPECT_NE(refused.error().message().find("second"), std::string::npos);
  EXPECT_NE(refused.error().message().find("AAPL"), std::string::npos);
  EXPECT_TRUE(flow::position_of(*tape_, "source/second").value().empty())
      << "a refused step must leave nothing";

  IngestOptions merging = options_of();
  merging.merge = true;
  EXPECT_EQ(run(second, merging), IngestState::finished);
}

TEST_F(IngestTest, AFinishedSourceFreesItsSymbols) {
  ScriptedSource first("first", {trade("AAPL", "10:00:05", "1", "1")});
  run(first, options_of());
  ScriptedSource second("second", {trade("AAPL", "10:00:05", "1", "1")});
  EXPECT_EQ(run(second, options_of()), IngestState::finished);
  EXPECT_EQ(words_of(*tape_, Topic::symbols), (Lines{"AAPL of first", "AAPL of second"}));
}

TEST_F(IngestTest, AFullTapeIsWaitedForWithoutLoss) {
  ScriptedSource whole("a", mixed_stream(5, 300));
  IngestOptions options = options_of(4);
  options.batch_records_max = 10;
  run(whole, options);
  const auto expected = all_rows(*tape_, 4, {Topic::events, Topic::rejects});

  int asked = 0;
  tape_ = tape::make_memory_tape({.fail = [&asked](std::string_view step) -> base::Status {
    if (step == "commit" && ++asked % 3 != 0) return base::Error{base::ErrorCode::no_space, "full", ""};
    return {};
  }});
  ScriptedSource source("a", mixed_stream(5, 300));
  const auto ingest = Ingest::open(options, *tape_, source, clock_);
  ASSERT_TRUE(ingest.ok());
  int blocked = 0;
  for (IngestState state = IngestState::progressed; state != IngestState::finished;) {
    const std::size_t polls = source.polls;
    state = (*ingest)->step().value();
    if (state != IngestState::blocked) continue;
    ++blocked;
    state = (*ingest)->step().value();
    EXPECT_LE(source.polls, polls + 1) << "a blocked step must not read on";
  }
  EXPECT_GT(blocked, 20);
  EXPECT_EQ(all_rows(*tape_, 4, {Topic::events, Topic::rejects}), expected);
}

TEST_F(IngestTest, AnotherWriterOfTheSourceFencesThisOne) {
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1"), trade("AAPL", "10:00:06", "1", "1")});
  IngestOptions options = options_of();
  options.batch_records_max = 1;
  const auto ingest = Ingest::open(options, *tape_, source, clock_);
  ASSERT_TRUE((*ingest)->step().ok());
  ScriptedSource zombie("a", source.script);
  zombie.script.push_back(trade("AAPL", "10:00:07", "1", "1"));
  run(zombie, options);
  const auto fenced = (*ingest)->step();
  ASSERT_FALSE(fenced.ok());
  EXPECT_EQ(fenced.error().code, base::ErrorCode::busy);
  EXPECT_EQ(events().back(), "finished 10:00:07");
}

TEST_F(IngestTest, CutOffInputStaysUnfinishedUnlessAskedOtherwise) {
  ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1")});
  source.at_end = flow::PollState::cut_off;
  EXPECT_EQ(run(source, options_of()), IngestState::cut_off);
  EXPECT_TRUE(progress_of(*tape_, "a").truncated);
  EXPECT_FALSE(progress_of(*tape_, "a").finished);
  IngestOptions options = options_of();
  options.finish_cut_off = true;
  EXPECT_EQ(run(source, options), IngestState::finished);
  EXPECT_TRUE(progress_of(*tape_, "a").finished);
  EXPECT_EQ(events().back(), "finished 10:00:05");
}

// A source that has finished and grows goes on under the watermark its end gave it, in every partition alike.
TEST_F(IngestTest, GrownInputHasOneWatermarkWhateverThePartitions) {
  for (const std::uint16_t partitions : {std::uint16_t{1}, std::uint16_t{4}}) {
    tape_ = tape::make_memory_tape();
    const IngestOptions options = options_of(partitions);
    ScriptedSource source("a", {trade("AAPL", "10:00:05", "1", "1")});
    run(source, options);
    source.script.push_back(trade("MSFT", "10:00:06", "2", "1"));
    run(source, options);
    if (partitions == 4) {  // MSFT is the first of its partition
      EXPECT_EQ(events(2), (Lines{"W 10:05", "MSFT 10:00:06 2", "finished 10:00:06"}));
    }
    std::uint64_t late_kept = 0;
    for (std::uint16_t p = 0; p < partitions; ++p) {
      run_shard(*tape_, options.settings, p);
      late_kept +=
          ShardProgress::decode(flow::position_of(*tape_, shard_writer(p)).value())->counts.ledger.late_kept;
    }
    EXPECT_EQ(late_kept, 1U) << partitions << " partitions";
  }
}

TEST_F(IngestTest, ProgressSurvivesItsBytes) {
  SourceProgress progress;
  progress.live = true;
  progress.truncated = true;
  progress.greatest = 5;
  progress.holes = {{1, 2, {{3, 4}, {7, 9}}}, {5, 6, {{11, 11}}}};
  progress.partitions_used = {true, false, true};
  progress.source_position = std::string("x\0y", 3);
  progress.rejects[3] = 8;
  const std::string bytes = progress.encode();
  const auto again = SourceProgress::decode(bytes);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->encode(), bytes);
  EXPECT_EQ(again->holes[0].missing, progress.holes[0].missing);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(SourceProgress::decode(std::string_view(bytes).substr(0, cut)).ok()) << cut;
  EXPECT_FALSE(SourceProgress::decode(bytes + "x").ok());
}

}  // namespace
}  // namespace tickerhouse::runtime

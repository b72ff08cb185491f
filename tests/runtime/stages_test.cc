// What a pipeline does when one of its stages fails: it goes on, or ends with a word.
#include "runtime/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "runtime/checkpoint_directory.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

constexpr std::uint16_t kPartitions = 2;
constexpr std::size_t kRecords = 400;
constexpr base::DurationNanos kLong = base::kHour;

// Fails so many times, then works.
class FailingSink final : public flow::Sink {
 public:
  explicit FailingSink(int failures, base::ErrorCode code = base::ErrorCode::io)
      : failures_(failures), code_(code) {}
  [[nodiscard]] const flow::SinkInfo& info() const override { return rows.info(); }
  base::Result<flow::SinkPosition> restore() override { return rows.restore(); }
  base::Status apply(const flow::ResultBatch& batch) override { return rows.apply(batch); }
  base::Result<flow::SinkPosition> flush() override {
    if (failures_-- > 0) return base::Error{code_, "the disk of the sink is full", "rows"};
    return rows.flush();
  }
  RowsSink rows{{Topic::bars, Topic::settled, Topic::late, Topic::rejects}};

 private:
  int failures_;
  base::ErrorCode code_;
};

// Time passes whenever somebody looks, so that pauses end.
class TickingClock final : public base::Clock {
 public:
  base::DurationNanos step = 20 * base::kMillisecond;
  base::TsNanos wall_now() override { return at("2026-01-07T00:00"); }
  base::DurationNanos monotonic_now() override { return now_ += step; }
  void sleep_for(base::DurationNanos duration) override { now_ += duration; }

 private:
  std::atomic<base::DurationNanos> now_ = base::kSecond;
};

struct Place {
  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "d"};
  TickingClock clock;
  StageBoard board;
  std::vector<std::string> notes;
  std::atomic<bool> stop = false;
  int reopened = 0;

  PipelineOptions options() const {
    PipelineOptions options;
    options.ingest.settings = settings_of(kPartitions, {base::kMinute, base::kDay});
    options.shard.settings = options.ingest.settings;
    options.shard.make_operators = bar_operators;
    options.one_thread = true;
    return options;
  }
  base::Result<PipelineEnd> run(const PipelineOptions& options, flow::Source* source, flow::Sink& sink) {
    PipelineHooks hooks;
    hooks.board = &board;
    hooks.on_note = [this](const std::string& note) { notes.push_back(note); };
    const PipelineParts parts{
        *tape, source, {&sink}, clock, &checkpoints, stop, [this](flow::Sink& /*sink*/) {
          ++reopened;
          return base::Status();
        }};
    return run_pipeline(options, parts, hooks);
  }
  [[nodiscard]] bool has_all(const RowsSink& sink) const {
    std::size_t on_tape = 0;
    for (const auto& [place, rows] : all_rows(*tape, kPartitions, kResults)) on_tape += rows.size();
    std::size_t in_sink = 0;
    for (const auto& [place, rows] : sink.durable())
      in_sink += place.first == Topic::rejects ? 0 : rows.size();
    return on_tape > 0 && in_sink == on_tape;
  }
};

TEST(Stages, ASinkThatFailsIsOpenedAgainAndLosesNothing) {
  Place place;
  FailingSink sink(1);
  ScriptedSource source("a", mixed_stream(3, kRecords));
  PipelineOptions options = place.options();
  options.sink_patience = kLong;
  options.ingest.batch_records_max = 20;
  const auto end = place.run(options, &source, sink);
  ASSERT_TRUE(end.ok()) << end.error().message();
  EXPECT_TRUE(place.has_all(sink.rows));
  EXPECT_EQ(place.reopened, 1);
  const StageHealth health = place.board.stages().at("sink/rows");
  EXPECT_FALSE(health.failing);
  EXPECT_EQ(health.restarts, 1U);
  EXPECT_TRUE(health.error.empty());
  ASSERT_EQ(place.notes.size(), 2U);
  EXPECT_NE(place.notes[0].find("the disk of the sink is full"), std::string::npos) << place.notes[0];
  EXPECT_EQ(place.notes[1], "sink/rows works again");
}

TEST(Stages, WithoutPatienceASinkEndsThePipeline) {
  Place place;
  FailingSink sink(1);
  ScriptedSource source("a", mixed_stream(3, kRecords));
  const auto end = place.run(place.options(), &source, sink);
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().what, "the disk of the sink is full");
}

TEST(Stages, ASinkThatNeverWorksDoesNotHoldUpTheEnd) {
  Place place;
  FailingSink sink(1'000'000);
  ScriptedSource source("a", mixed_stream(3, kRecords));
  PipelineOptions options = place.options();
  options.sink_patience = kLong;
  const auto end = place.run(options, &source, sink);
  ASSERT_TRUE(end.ok()) << end.error().message();
  EXPECT_TRUE(place.board.stages().at("sink/rows").failing);
  EXPECT_NE(place.notes.back().find("is behind"), std::string::npos) << place.notes.back();
  // Its rows are on the tape: the next run brings them.
  FailingSink works(0);
  const auto again = place.run(options, nullptr, works);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(place.has_all(works.rows));
}

// A tape that fails some commits of one writer, as a disk does.
class FailingTape final : public flow::Tape {
 public:
  FailingTape(flow::Tape& tape, std::string writer, int failures, base::ErrorCode code)
      : tape_(tape), writer_(std::move(writer)), failures_(failures), code_(code) {}
  // The first commit goes well: what fails at the start is said at once.
  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    if (commit.writer == writer_ && !commit.appends.empty() && ++commits_ > 1 && failures_-- > 0)
      return base::Error{code_, "the disk refused", writer_};
    return tape_.commit(commit);
  }
  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    return tape_.positions(prefix);
  }
  base::Result<flow::Offset> begin(Topic topic, std::uint16_t partition) override {
    return tape_.begin(topic, partition);
  }
  base::Result<flow::Offset> end(Topic topic, std::uint16_t partition) override {
    return tape_.end(topic, partition);
  }
  base::Result<std::unique_ptr<flow::TapeReader>> read(Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    return tape_.read(topic, partition, from);
  }

 private:
  flow::Tape& tape_;
  std::string writer_;
  int failures_;
  int commits_ = 0;
  base::ErrorCode code_;
};

struct Outcome {
  bool ok = false;
  base::Error error;
  std::map<std::string, std::vector<std::string>> rows;
  std::uint64_t restarts = 0;
};

Outcome run_on_failing_tape(const char* writer, const char* stage, base::ErrorCode code, bool live) {
  Place place;
  const auto tape = std::move(place.tape);
  place.tape = std::make_unique<FailingTape>(*tape, writer, 2, code);
  RowsSink sink({Topic::bars});
  ScriptedSource source("a", mixed_stream(3, kRecords), live);
  source.at_end = flow::PollState::finished;
  PipelineOptions options = place.options();
  options.stage_patience = kLong;
  options.ingest.batch_records_max = 100;
  const auto end = place.run(options, &source, sink);
  Outcome outcome;
  outcome.ok = end.ok();
  if (!end.ok()) outcome.error = end.error();
  outcome.rows = all_rows(*tape, kPartitions, kResults);
  outcome.restarts = place.board.stages()[stage].restarts;
  place.tape.reset();
  return outcome;
}

TEST(Stages, AShardTheDiskRefusedGoesOnFromWhatIsDurable) {
  const Outcome undisturbed = run_on_failing_tape("nobody", "shard/0", base::ErrorCode::io, false);
  ASSERT_TRUE(undisturbed.ok);
  const Outcome disturbed = run_on_failing_tape("shard/0", "shard/0", base::ErrorCode::io, false);
  ASSERT_TRUE(disturbed.ok) << disturbed.error.message();
  EXPECT_GT(disturbed.restarts, 0U);
  EXPECT_EQ(disturbed.rows, undisturbed.rows);
}

TEST(Stages, WhatNoSecondTryCanMendEndsThePipeline) {
  const Outcome outcome = run_on_failing_tape("shard/0", "shard/0", base::ErrorCode::damaged, false);
  EXPECT_FALSE(outcome.ok);
  EXPECT_EQ(outcome.error.what, "the disk refused");
}

TEST(Stages, WhatASourceBroughtIsCommittedOnceTheTapeAnswers) {
  const Outcome undisturbed = run_on_failing_tape("nobody", "ingest", base::ErrorCode::io, false);
  const Outcome finite = run_on_failing_tape("source/a", "ingest", base::ErrorCode::io, false);
  ASSERT_TRUE(finite.ok) << finite.error.message();
  EXPECT_GT(finite.restarts, 0U);
  EXPECT_EQ(finite.rows, undisturbed.rows);
  const Outcome live = run_on_failing_tape("source/a", "ingest", base::ErrorCode::io, true);
  EXPECT_TRUE(live.ok) << live.error.message();
  EXPECT_GT(live.restarts, 0U);
}

TEST(Stages, ASourceEndsWithATapeThatIsDamaged) {
  EXPECT_FALSE(run_on_failing_tape("source/a", "ingest", base::ErrorCode::damaged, false).ok);
}

// The bars of open windows, as the dashboard gets them.
TEST(Stages, FormingBarsFollowTheEvents) {
  Place place;
  PipelineOptions options = place.options();
  options.shard.settings = options.ingest.settings = settings_of(1, {base::kMinute, 5 * base::kMinute});
  options.ingest.batch_records_max = 1;
  place.clock.step = base::kSecond;
  std::vector<std::string> seen;
  PipelineHooks hooks;
  hooks.on_forming = [&](std::uint16_t partition, const std::vector<flow::FormingBar>& bars) {
    EXPECT_EQ(partition, 0);
    for (const flow::FormingBar& bar : bars) seen.push_back(bar_text(bar.row, bar.symbol));
  };
  ScriptedSource source("a", {trade("AAPL", "10:00:01", "100", "1"), trade("AAPL", "10:00:30", "103", "2"),
                              trade("AAPL", "10:01:02", "101", "4"), trade("MSFT", "10:01:03", "50", "1")});
  RowsSink sink({Topic::bars});
  const auto end = run_pipeline(
      options, {*place.tape, &source, {&sink}, place.clock, &place.checkpoints, place.stop}, hooks);
  ASSERT_TRUE(end.ok());
  ASSERT_FALSE(seen.empty());
  EXPECT_NE(std::find(seen.begin(), seen.end(),
                      "bar AAPL 1m 10:00 provisional 0 O 100 H 100 L 100 C 100 V 1 n 1 vwap 100"),
            seen.end());
  EXPECT_NE(std::find(seen.begin(), seen.end(),
                      "bar AAPL 5m 10:00 provisional 0 O 100 H 103 L 100 C 101 V 7 n 3 vwap 101.428571429"),
            seen.end());
  for (const std::string& row : words_of(*place.tape, Topic::bars))
    EXPECT_EQ(row.find("provisional"), std::string::npos) << row;
}

}  // namespace
}  // namespace tickerhouse::runtime

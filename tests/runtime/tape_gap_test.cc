// Events that are deleted before their shard or sink has read them: refused with what is missing; or
// accepted, and then part of the tape's history like anything else.
#include "runtime/tape_gap.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "runtime/check/replay_check.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/shard_host.h"
#include "runtime/sink_host.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const engine::Settings kGapSettings = settings_of(1, {base::kMinute, base::kHour});

class TapeGapTest : public testing::Test {
 protected:
  TapeGapTest() {
    ingest_again();
    options.settings = kGapSettings;
    options.step_rows_max = 50;
    options.checkpoint_rows = 100;
    options.make_operators = bar_operators;
  }
  // A new tape, and nothing stepped.
  void ingest_again() {
    tape = tape::make_memory_tape();
    disk.files.clear();
    ScriptedSource source("a", mixed_stream(11, 900));
    IngestOptions ingest;
    ingest.settings = kGapSettings;
    ingest.batch_records_max = 20;
    EXPECT_EQ(ingest_all(*tape, source, clock, ingest), IngestState::finished);
  }
  base::Result<std::unique_ptr<ShardHost>> open() {
    notes.clear();
    return ShardHost::open(options, *tape, &checkpoints, notes);
  }
  // Ends as after a kill if it is not to save.
  void step_once(bool save) {
    auto host = open();
    ASSERT_TRUE(host.ok()) << host.error().message();
    ASSERT_TRUE((*host)->step().ok());
    if (!save) return;
    ASSERT_TRUE((*host)->save_checkpoint().ok());
  }
  void step_rest() {
    auto host = open();
    ASSERT_TRUE(host.ok()) << host.error().message();
    while ((*host)->step().value() == StepState::progressed) continue;
  }
  // As somebody who deletes records does.
  void cut(std::uint64_t to) {
    const std::string before = flow::position_of(*tape, "somebody").value();
    const flow::Cut cuts[] = {{Topic::events, 0, {to}}};
    ASSERT_TRUE(tape->commit({"somebody", before, before + "+", {}, flow::Claim::results, cuts}).ok());
  }
  [[nodiscard]] flow::Offset begin() const { return *tape->begin(Topic::events, 0); }
  [[nodiscard]] ShardProgress progress() const {
    return *ShardProgress::decode(*flow::position_of(*tape, shard_writer(0)));
  }
  // Replay from what is left gives what is there.
  void expect_proved() {
    const auto base = replay_base(*tape, checkpoints, 0);
    ASSERT_TRUE(base.ok()) << base.error().message();
    const auto report = check_replay(*tape, {kGapSettings, 0, bar_operators, *base}, {});
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_GT(report->events, 0U);
  }

  std::unique_ptr<flow::Tape> tape;
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "d"};
  FakeClock clock;
  ShardHostOptions options;
  std::vector<std::string> notes;
};

TEST_F(TapeGapTest, IsRefusedWithWhatIsMissing) {
  step_once(true);
  const std::uint64_t next = progress().next.value;
  cut(next + 200);
  const auto host = open();
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, base::ErrorCode::configuration);
  for (const std::string& word : {std::to_string(next), std::to_string(begin().value),
                                  std::to_string(begin().value - next), std::string("--accept-gap")})
    EXPECT_NE(host.error().message().find(word), std::string::npos) << host.error().message();
  EXPECT_EQ(progress().next.value, next) << "nothing was done";
}

TEST_F(TapeGapTest, OnceAcceptedItIsPartOfTheCommits) {
  step_once(true);
  const std::uint64_t next = progress().next.value;
  cut(next + 200);
  options.accept_gap = true;
  step_rest();
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(progress().lost.offsets, begin().value - next);
  EXPECT_EQ(progress().lost.from, next);
  EXPECT_EQ(progress().lost.to, begin().value);
  // What was read and what was lost is all there was.
  options.accept_gap = false;
  step_rest();
  EXPECT_TRUE(notes.empty()) << notes[0];
  EXPECT_EQ(progress().next, *tape->end(Topic::events, 0));
  expect_proved();
}

// Killed after every step, right after the gap too: the same rows.
TEST_F(TapeGapTest, TheSameRowsThroughKills) {
  step_once(true);
  cut(progress().next.value + 200);
  options.accept_gap = true;
  step_rest();
  const auto expected = all_rows(*tape, 1, kResults);

  ingest_again();
  options.accept_gap = false;
  step_once(true);
  const std::map<std::string, std::string> before = disk.files;
  cut(progress().next.value + 200);
  options.accept_gap = true;
  ASSERT_TRUE(open().ok());
  disk.files = before;  // the gap is committed, and the checkpoint behind it was not saved any more
  options.accept_gap = false;
  options.checkpoint_rows = 120;
  while (progress().next < *tape->end(Topic::events, 0)) step_once(false);
  EXPECT_EQ(all_rows(*tape, 1, kResults), expected);
  expect_proved();
}

TEST_F(TapeGapTest, WithoutTheStateBeforeItNobodyGoesOn) {
  step_once(true);
  step_once(false);
  cut(progress().next.value + 200);
  options.accept_gap = true;
  const auto host = open();
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, base::ErrorCode::damaged);
}

TEST_F(TapeGapTest, AShardThatHasReadNothingBeginsBehindIt) {
  cut(300);
  const auto refused = open();
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  options.accept_gap = true;
  step_rest();
  EXPECT_EQ(progress().lost.offsets, begin().value);
  expect_proved();
}

TEST_F(TapeGapTest, ASinkPassesNothingOverInSilence) {
  RowsSink sink({Topic::events});
  SinkHostOptions reading{.flush_rows_max = 60};
  {
    auto host = SinkHost::open(reading, *tape, sink);
    ASSERT_TRUE((*host)->step().ok());
  }
  const std::size_t read = sink.durable().at({Topic::events, 0}).size();
  cut(500);
  const auto refused = SinkHost::open(reading, *tape, sink);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  reading.accept_gap = true;
  reading.on_note = [this](const std::string& text) { notes.push_back(text); };
  ASSERT_TRUE(SinkHost::open(reading, *tape, sink).ok());
  EXPECT_EQ(notes.size(), 1U);
  // It is known from then on, though nothing has been written behind it.
  reading.accept_gap = false;
  auto host = SinkHost::open(reading, *tape, sink);
  ASSERT_TRUE(host.ok()) << host.error().message();
  sink.lost = begin().value - read;
  while ((*host)->step().value() == StepState::progressed) continue;
  EXPECT_EQ(sink.durable().at({Topic::events, 0}).size() - read,
            tape->end(Topic::events, 0)->value - begin().value);
}

TEST_F(TapeGapTest, ASinkThatIsNewTakesWhatIsThere) {
  cut(500);
  RowsSink sink({Topic::events});
  EXPECT_TRUE(SinkHost::open({}, *tape, sink).ok());
}

}  // namespace
}  // namespace tickerhouse::runtime

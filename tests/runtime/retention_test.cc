// What may be cut from a tape, and that everything goes on as if nothing had been.
#include "runtime/retention.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/check/replay_check.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const engine::Settings kRetentionSettings = settings_of(1, {base::kMinute, base::kHour});

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    ScriptedSource source("a", mixed_stream(11, 900));
    IngestOptions options;
    options.settings = kRetentionSettings;
    options.batch_records_max = 20;
    EXPECT_EQ(ingest_all(*tape, source, clock, options), IngestState::finished);
  }
  // Steps all that is there.
  base::Status run_shard_host() {
    ShardHostOptions options;
    options.settings = kRetentionSettings;
    options.step_rows_max = 50;
    options.checkpoint_rows = 100;
    options.make_operators = bar_operators;
    std::vector<std::string> notes;
    ASSIGN_OR_RETURN(const auto host, ShardHost::open(options, *tape, &checkpoints, notes));
    for (;;) {
      ASSIGN_OR_RETURN(const StepState state, host->step());
      if (state == StepState::idle) return host->save_checkpoint();
    }
  }
  Retention retention(RetentionOptions options, std::vector<flow::Sink*> sinks = {}) {
    options.used = [this] { return base::Result<std::uint64_t>(used); };
    return {options, {*tape, &checkpoints, std::move(sinks), 1}};
  }
  void cut_all(Retention& cutting) {
    for (int i = 0; i < 1'000; ++i) {
      const auto more = cutting.step(at("2026-01-07T00:00"));
      ASSERT_TRUE(more.ok()) << more.error().message();
      if (!*more) return;
    }
    FAIL() << "it never ends";
  }
  [[nodiscard]] std::uint64_t begin() const { return tape->begin(Topic::events, 0)->value; }
  [[nodiscard]] flow::Offset oldest_checkpoint() {
    return Checkpoints(checkpoints, 0).oldest({})->value().progress.next;
  }

  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "d"};
  FakeClock clock;
  std::uint64_t used = 1'000;
};

TEST_F(RetentionTest, WithoutACheckpointNothingGoes) {
  Retention cutting = retention({.bytes = 1});
  cut_all(cutting);
  EXPECT_EQ(begin(), 0U);
  EXPECT_EQ(cutting.held_by(), "the oldest checkpoint");
}

TEST_F(RetentionTest, CutsUpToTheOldestCheckpointAndNoFurther) {
  ASSERT_TRUE(run_shard_host().ok());
  const auto results = all_rows(*tape, 1, kResults);
  Retention cutting = retention({.bytes = 1});
  cut_all(cutting);
  EXPECT_GT(begin(), 0U);
  EXPECT_LE(begin(), oldest_checkpoint().value);
  EXPECT_GE(begin() + 60, oldest_checkpoint().value);  // but for the batch it lies in
  EXPECT_EQ(all_rows(*tape, 1, kResults), results);
}

TEST_F(RetentionTest, ASmallEnoughTapeIsLeftAlone) {
  ASSERT_TRUE(run_shard_host().ok());
  Retention cutting = retention({.bytes = 1'000});
  cut_all(cutting);
  EXPECT_EQ(begin(), 0U);
  EXPECT_EQ(cutting.held_by(), "");
}

TEST_F(RetentionTest, NoMoreIsCutThanTheSizeAsksFor) {
  ASSERT_TRUE(run_shard_host().ok());
  Retention cutting = retention({.bytes = 900});
  ASSERT_TRUE(cutting.step(0).value());
  used = 900;
  ASSERT_FALSE(cutting.step(0).value());
  EXPECT_GT(begin(), 0U);
  EXPECT_LT(begin(), oldest_checkpoint().value / 4);
}

TEST_F(RetentionTest, ASinkThatIsBehindHoldsTheTapeAndIsNamed) {
  ASSERT_TRUE(run_shard_host().ok());
  RowsSink sink({Topic::events});
  Retention cutting = retention({.bytes = 1}, {&sink});
  cut_all(cutting);
  EXPECT_EQ(begin(), 0U);
  EXPECT_EQ(cutting.held_by(), "sink rows");
  const std::string position = encode_sink_position({{{Topic::events, std::uint16_t{0}}, {60}}});
  ASSERT_TRUE(tape->commit({"sink/rows", "", position, {}, flow::Claim::results}).ok());
  cut_all(cutting);
  EXPECT_GT(begin(), 0U);
  EXPECT_LE(begin(), 60U);
}

TEST_F(RetentionTest, ASinkOfAnotherProcessHoldsATapeThatIsShared) {
  ASSERT_TRUE(run_shard_host().ok());
  const auto commit = [this](const char* writer, Topic topic) {
    const std::string position = encode_sink_position({{{topic, std::uint16_t{0}}, {60}}});
    ASSERT_TRUE(tape->commit({writer, "", position, {}, flow::Claim::results}).ok());
  };
  commit("sink/store", Topic::bars);  // reads no events
  commit("sink/lake", Topic::events);
  Retention cutting = retention({.bytes = 1, .shared = true});
  cut_all(cutting);
  EXPECT_GT(begin(), 0U);
  EXPECT_LE(begin(), 60U);
  EXPECT_EQ(cutting.held_by(), "sink lake");
  Retention alone = retention({.bytes = 1});
  cut_all(alone);
  EXPECT_GT(begin(), 60U);
}

TEST_F(RetentionTest, AgeCutsWhatIsOlder) {
  ASSERT_TRUE(run_shard_host().ok());
  const auto reader = tape->read(Topic::events, 0, {}).value();
  flow::TapeBatch batch;
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(reader->next(batch).value());
  const base::TsNanos horizon = market::EventBatchView(batch.bytes).rows().back().ts_event;
  Retention cutting = retention({.age = at("2026-01-07T00:00") - horizon});
  cut_all(cutting);
  EXPECT_GT(begin(), 0U);
  const auto rest = tape->read(Topic::events, 0, {}).value();
  ASSERT_TRUE(rest->next(batch).value());
  EXPECT_GE(market::EventBatchView(batch.bytes).rows().back().ts_event, horizon);
}

TEST_F(RetentionTest, ACutTapeIsRecoveredAndProved) {
  ASSERT_TRUE(run_shard_host().ok());
  Retention cutting = retention({.bytes = 1});
  cut_all(cutting);
  ASSERT_TRUE(run_shard_host().ok());  // from its newest checkpoint
  const auto base = replay_base(*tape, checkpoints, 0);
  ASSERT_TRUE(base.ok() && base->has_value());
  const auto report = check_replay(*tape, {kRetentionSettings, 0, bar_operators, *base}, {});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->from, (*base)->progress.next);
  EXPECT_GT(report->events, 0U);
}

TEST_F(RetentionTest, ACutTapeWithoutCheckpointsIsDamaged) {
  ASSERT_TRUE(run_shard_host().ok());
  Retention cutting = retention({.bytes = 1});
  cut_all(cutting);
  disk.files.clear();
  const base::Status status = run_shard_host();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, base::ErrorCode::damaged);
  EXPECT_FALSE(replay_base(*tape, checkpoints, 0).ok());
}

}  // namespace
}  // namespace tickerhouse::runtime

#include "runtime/shard_host.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/checkpoint_directory.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using base::kMinute;
using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using Rows = std::map<std::string, std::vector<std::string>>;

const engine::Settings kHostSettings = settings_of(1, {kMinute, 5 * kMinute, base::kHour});

std::unique_ptr<flow::Tape> tape_with_stream(std::size_t batch_records) {
  auto tape = tape::make_memory_tape();
  FakeClock clock;
  ScriptedSource source("a", mixed_stream(11, 900));
  IngestOptions options;
  options.settings = kHostSettings;
  options.batch_records_max = batch_records;
  EXPECT_EQ(ingest_all(*tape, source, clock, options), IngestState::finished);
  return tape;
}

ShardHostOptions options_of(std::size_t step_rows, std::uint64_t checkpoint_rows) {
  ShardHostOptions options;
  options.settings = kHostSettings;
  options.step_rows_max = step_rows;
  options.checkpoint_rows = checkpoint_rows;
  options.make_operators = bar_operators;
  return options;
}

// Steps at most `steps` times, then is gone as after a kill.
base::Status run(flow::Tape& tape, base::Disk& disk, const ShardHostOptions& options, std::size_t steps,
                 std::vector<std::string>& notes) {
  CheckpointDirectory checkpoints(disk, "d");
  ASSIGN_OR_RETURN(const auto host, ShardHost::open(options, tape, &checkpoints, notes));
  for (std::size_t i = 0; i < steps; ++i) {
    ASSIGN_OR_RETURN(const StepState state, host->step());
    if (state == StepState::idle) return {};
  }
  return {};
}

Rows expected_rows() {
  const auto tape = tape_with_stream(8'192);
  run_shard(*tape, kHostSettings);
  return all_rows(*tape, 1, kResults);
}

TEST(ShardHost, StepsOfAnySizeGiveTheSameRows) {
  const Rows expected = expected_rows();
  EXPECT_GT(expected.at("bars 0").size(), 100U);
  EXPECT_GT(expected.at("late 0").size(), 3U);
  for (const std::size_t step_rows : {1U, 7U, 100U, 65'536U}) {
    const auto tape = tape_with_stream(64);
    FakeDisk disk;
    std::vector<std::string> notes;
    ASSERT_TRUE(run(*tape, disk, options_of(step_rows, 50), 1'000'000, notes).ok());
    EXPECT_EQ(all_rows(*tape, 1, kResults), expected) << step_rows;
  }
}

// Killed after every step, in the middle of batches too.
TEST(ShardHost, RecoversAtEveryStep) {
  const Rows expected = expected_rows();
  for (const std::uint64_t checkpoint_rows : {std::uint64_t{40}, std::uint64_t{1'000'000}}) {
    const auto tape = tape_with_stream(100);
    FakeDisk disk;
    std::vector<std::string> notes;
    const std::uint64_t end = tape->end(Topic::events, 0)->value;
    for (std::size_t starts = 0;; ++starts) {
      ASSERT_LT(starts, 200U);
      const auto status = run(*tape, disk, options_of(17, checkpoint_rows), 1, notes);
      ASSERT_TRUE(status.ok()) << status.error().message();
      const ShardProgress progress =
          ShardProgress::decode(flow::position_of(*tape, shard_writer(0)).value()).value();
      ASSERT_LE(progress.next.value, end);
      if (progress.next.value == end) break;
    }
    EXPECT_TRUE(notes.empty());
    EXPECT_EQ(all_rows(*tape, 1, kResults), expected);
  }
}

TEST(ShardHost, DamagedOldAndMissingCheckpointsEndInTheSameRows) {
  const Rows expected = expected_rows();
  for (const std::string what : {"damaged", "truncated", "newer", "missing", "all damaged"}) {
    const auto tape = tape_with_stream(64);
    FakeDisk disk;
    std::vector<std::string> notes;
    ASSERT_TRUE(run(*tape, disk, options_of(50, 100), 11, notes).ok());
    ASSERT_EQ(disk.files.size(), 3U) << "three are kept";
    const std::string newest = std::prev(disk.files.end())->first;
    if (what == "damaged") disk.files[newest][30] ^= 1;
    if (what == "truncated") disk.files[newest].resize(100);
    if (what == "missing") disk.files.clear();
    if (what == "all damaged")
      for (auto& [path, content] : disk.files) content[content.size() / 2] ^= 1;
    if (what == "newer") {  // of a tape that went further
      const auto other = tape_with_stream(64);
      FakeDisk ahead;
      ASSERT_TRUE(run(*other, ahead, options_of(50, 100), 1'000, notes).ok());
      disk.files = ahead.files;
    }
    const auto status = run(*tape, disk, options_of(50, 100), 1'000, notes);
    ASSERT_TRUE(status.ok()) << what << ": " << status.error().message();
    EXPECT_EQ(all_rows(*tape, 1, kResults), expected) << what;
    EXPECT_EQ(notes.empty(), what == "newer" || what == "missing") << what;
  }
}

// A tape that hands out the same events, but whose results were written by somebody else.
TEST(ShardHost, AChangedResultIsNamed) {
  for (const Topic topic : kResults) {
    const auto honest = tape_with_stream(64);
    FakeDisk disk;
    std::vector<std::string> notes;
    ShardHostOptions options = options_of(50, 100'000);
    ASSERT_TRUE(run(*honest, disk, options, 1'000, notes).ok());
    const auto forged = tape::make_memory_tape();
    std::string position = "0";
    const auto copy = [&](Topic from, std::size_t changed_row) {
      const auto reader = honest->read(from, 0, {});
      flow::TapeBatch batch;
      for (int n = 0; (*reader)->next(batch).value(); ++n) {
        std::string bytes;
        const auto reseal = [&]<typename Row>(const market::BatchView<Row>& view) {
          market::BatchBuilder<Row> builder;
          for (std::uint16_t s = 0; s < view.string_count(); ++s) builder.strings.intern(view.string(s));
          for (std::uint32_t i = 0; i < view.row_count(); ++i) {
            Row row = view.rows()[i];
            if (batch.first.value + i == changed_row) {
              if constexpr (std::is_same_v<Row, market::BarRow>) row.close.units += 1;
              if constexpr (std::is_same_v<Row, market::EventRow>) row.ts_recv = 1;
            }
            if (!view.text(i).empty()) builder.add_text(i, view.text(i));
            builder.rows.push_back(row);
          }
          builder.seal(bytes, batch.first.value);
        };
        if (from == Topic::bars || from == Topic::settled) {
          reseal(market::BatchView<market::BarRow>(batch.bytes));
        } else {
          reseal(market::EventBatchView(batch.bytes));
        }
        const std::vector<flow::Append> appends = {{from, 0, bytes}};
        const std::string next = std::string(flow::topic_name(from)).append(std::to_string(n));
        ASSERT_TRUE(forged->commit({.writer = next, .before = "", .after = "x", .appends = appends}).ok());
      }
    };
    for (const Topic one : {Topic::events, Topic::bars, Topic::settled, Topic::late})
      copy(one, one == topic ? 3 : std::size_t{1} << 40U);
    const std::string progress = flow::position_of(*honest, shard_writer(0)).value();
    ASSERT_TRUE(
        forged->commit({.writer = shard_writer(0), .before = "", .after = progress, .appends = {}}).ok());
    const auto status = run(*forged, *std::make_unique<FakeDisk>(), options, 1, notes);
    ASSERT_FALSE(status.ok()) << flow::topic_name(topic);
    EXPECT_EQ(status.error().code, base::ErrorCode::check_failed);
    EXPECT_EQ(status.error().where, std::string(flow::topic_name(topic)) + " partition 0 offset 3");
  }
}

TEST(ShardHost, AFullTapeIsWaitedForWithoutLoss) {
  const Rows expected = expected_rows();
  const auto whole = tape_with_stream(64);
  int asked = 0;
  bool failing = false;
  const auto tape = tape::make_memory_tape({.fail = [&](std::string_view step) -> base::Status {
    if (failing && step == "commit" && ++asked % 3 != 0)
      return base::Error{base::ErrorCode::no_space, "full", ""};
    return {};
  }});
  FakeClock clock;
  ScriptedSource source("a", mixed_stream(11, 900));
  IngestOptions ingest;
  ingest.settings = kHostSettings;
  ingest_all(*tape, source, clock, ingest);
  failing = true;
  FakeDisk disk;
  std::vector<std::string> notes;
  CheckpointDirectory checkpoints(disk, "d");
  auto host = ShardHost::open(options_of(20, 100), *tape, &checkpoints, notes);
  ASSERT_TRUE(host.ok());
  int blocked = 0;
  for (StepState state = StepState::progressed; state != StepState::idle;) {
    state = (*host)->step().value();
    blocked += state == StepState::blocked ? 1 : 0;
  }
  EXPECT_GT(blocked, 10);
  EXPECT_EQ(all_rows(*tape, 1, kResults), expected);
}

// Killed after every few steps: what was held is stepped again.
TEST(ShardHost, StepsWithoutResultsAreHeld) {
  const Rows expected = expected_rows();
  const auto tape = tape_with_stream(64);
  const auto next = [&tape] {
    return ShardProgress::decode(flow::position_of(*tape, shard_writer(0)).value()).value().next;
  };
  FakeDisk disk;
  std::vector<std::string> notes;
  const flow::Offset end = tape->end(Topic::events, 0).value();
  std::size_t held = 0;
  for (std::size_t starts = 1; next() < end; ++starts) {
    ASSERT_LT(starts, 200U);
    CheckpointDirectory checkpoints(disk, "d");
    const auto host = ShardHost::open(options_of(1, 1'000'000), *tape, &checkpoints, notes).value();
    for (std::size_t i = 0; i < starts * 10; ++i) {
      const flow::Offset before = next();
      const StepState state = host->step(Commits::with_results).value();
      EXPECT_EQ(next() > before, state == StepState::progressed);
      held += state == StepState::held ? 1 : 0;
      if (state != StepState::idle) continue;
      ASSERT_TRUE(host->step().ok());
      EXPECT_EQ(next(), end);
      break;
    }
    if (starts % 2 == 0) {
      ASSERT_TRUE(host->save_checkpoint().ok());
      EXPECT_EQ(next(), host->progress().next);
    }
  }
  EXPECT_GT(held, 100U);
  EXPECT_EQ(all_rows(*tape, 1, kResults), expected);
}

TEST(ShardHost, ASecondHostFencesTheFirst) {
  const auto tape = tape_with_stream(64);
  FakeDisk disk;
  std::vector<std::string> notes;
  CheckpointDirectory checkpoints(disk, "d");
  const auto first = ShardHost::open(options_of(20, 1'000'000), *tape, &checkpoints, notes);
  ASSERT_TRUE((*first)->step().ok());
  ASSERT_TRUE(run(*tape, disk, options_of(20, 1'000'000), 2, notes).ok());
  const auto fenced = (*first)->step();
  ASSERT_FALSE(fenced.ok());
  EXPECT_EQ(fenced.error().code, base::ErrorCode::busy);
}

}  // namespace
}  // namespace tickerhouse::runtime

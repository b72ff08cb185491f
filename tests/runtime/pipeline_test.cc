// The whole pipeline on a tape and a disk in memory: whatever the turns, the threads and the failures, the
// same rows.
#include "runtime/pipeline.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
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
using Rows = std::map<std::string, std::vector<std::string>>;
constexpr std::uint16_t kPartitions = 4;
constexpr std::size_t kRecords = 1'200;

PipelineOptions options_of() {
  PipelineOptions options;
  options.ingest.settings = settings_of(kPartitions, {base::kMinute, 5 * base::kMinute, base::kDay});
  options.ingest.batch_records_max = 50;
  options.shard.settings = options.ingest.settings;
  options.shard.step_rows_max = 40;
  options.shard.checkpoint_rows = 100;
  options.shard.make_operators = bar_operators;
  options.one_thread = true;
  return options;
}

// One pipeline with everything it stands on.
struct Place {
  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "d"};
  FakeClock clock;
  RowsSink sink{{Topic::bars, Topic::settled, Topic::late, Topic::rejects}};
  std::atomic<bool> stop = false;

  base::Result<PipelineEnd> run(const PipelineOptions& options, const PipelineHooks& hooks = {}) {
    ScriptedSource source("a", mixed_stream(41, kRecords));
    return run_pipeline(options, {*tape, &source, {&sink}, clock, &checkpoints, stop}, hooks);
  }
  [[nodiscard]] Rows rows() const { return all_rows(*tape, kPartitions, kResults); }
  void expect_sink_has_all() const {
    for (const auto& [place, rows] : sink.durable())
      EXPECT_EQ(rows, rows_of(*tape, place.first, place.second));
    std::size_t on_tape = 0;
    for (const auto& [place, list] : rows()) on_tape += list.size();
    std::size_t in_sink = 0;
    for (const auto& [place, list] : sink.durable())
      in_sink += place.first == Topic::rejects ? 0 : list.size();
    EXPECT_EQ(in_sink, on_tape);
  }
  [[nodiscard]] flow::Ledger ledger() const { return collect_status(*tape, kPartitions)->total; }
};

struct Expected {
  Rows rows;
  flow::Ledger ledger;
};
const Expected& expected() {
  static const Expected once = [] {
    Place place;
    const auto end = place.run(options_of());
    EXPECT_TRUE(end.ok()) << end.error().message();
    EXPECT_EQ(place.ledger().received, kRecords);
    EXPECT_TRUE(place.ledger().adds_up());
    return Expected{place.rows(), place.ledger()};
  }();
  return once;
}

TEST(Pipeline, TheOrderOfTurnsChangesNothing) {
  EXPECT_GT(expected().rows.at("bars 0").size(), 10U);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Place place;
    PipelineOptions options = options_of();
    options.seed = seed;
    const auto end = place.run(options);
    ASSERT_TRUE(end.ok()) << end.error().message();
    EXPECT_EQ(*end, PipelineEnd::finished);
    EXPECT_EQ(place.rows(), expected().rows) << "seed " << seed;
    EXPECT_EQ(place.ledger(), expected().ledger);
    place.expect_sink_has_all();
  }
}

TEST(Pipeline, ThreadsAndBatchesChangeNothing) {
  for (const std::uint16_t threads : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{4}})
    for (const std::size_t batch : {std::size_t{7}, std::size_t{1'000}}) {
      Place place;
      PipelineOptions options = options_of();
      options.one_thread = false;
      options.threads = threads;
      options.ingest.batch_records_max = batch;
      options.shard.step_rows_max = batch;
      const auto end = place.run(options);
      ASSERT_TRUE(end.ok()) << end.error().message();
      EXPECT_EQ(place.rows(), expected().rows) << threads << " threads, batches of " << batch;
      EXPECT_EQ(place.ledger(), expected().ledger);
      place.expect_sink_has_all();
    }
}

// A failure anywhere is as good as a kill: start again, and again, until it ends.
TEST(Pipeline, FailuresAtRandomStepsEndInTheSameRows) {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    Random random(seed);
    std::uint64_t steps_left = 1 + random.below(150);
    Place place;
    place.tape = tape::make_memory_tape({.fail = [&](std::string_view) -> base::Status {
      if (--steps_left > 0) return {};
      steps_left = 1 + random.below(400);
      return base::Error{base::ErrorCode::io, "as asked", ""};
    }});
    PipelineOptions options = options_of();
    options.seed = seed;
    int starts = 0;
    for (bool ended = false; !ended; ++starts) {
      ASSERT_LT(starts, 500);
      if (starts > 100) steps_left = std::uint64_t{1} << 60U;
      const auto end = place.run(options);
      ended = end.ok();
      if (!ended) {
        ASSERT_EQ(end.error().what, "as asked") << end.error().message();
      }
    }
    steps_left = std::uint64_t{1} << 60U;
    ASSERT_EQ(place.rows(), expected().rows) << "seed " << seed << ", " << starts << " starts";
    ASSERT_EQ(place.ledger(), expected().ledger);
    place.expect_sink_has_all();
    for (std::uint16_t p = 0; p < kPartitions; ++p)
      EXPECT_TRUE(check_replay(*place.tape, {options.shard.settings, p, bar_operators}, {}).ok());
  }
}

TEST(Pipeline, NoSpaceAtRandomCommitsIsWaitedFor) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Random random(seed);
    std::atomic<bool> failing = true;
    Place place;
    place.tape = tape::make_memory_tape({.fail = [&](std::string_view step) -> base::Status {
      if (failing && step == "commit" && random.below(8) == 0) {
        return base::Error{base::ErrorCode::no_space, "full", ""};
      }
      return {};
    }});
    PipelineOptions options = options_of();
    options.seed = seed;
    int blocked = 0;
    PipelineHooks hooks;
    hooks.on_blocked = [&blocked](base::DurationNanos) { ++blocked; };
    const auto end = place.run(options, hooks);
    if (!end.ok()) {  // a sink that cannot publish its position ends the run; the next one goes on
      failing = false;
      const auto again = place.run(options, hooks);
      ASSERT_TRUE(again.ok()) << again.error().message();
    }
    EXPECT_EQ(place.rows(), expected().rows) << "seed " << seed;
    EXPECT_EQ(place.ledger(), expected().ledger);
    place.expect_sink_has_all();
  }
}

TEST(Pipeline, AFullTapeIsNotWaitedForForever) {
  Place place;
  place.tape = tape::make_memory_tape({.fail = [&place](std::string_view step) -> base::Status {
    if (step != "commit") return {};
    place.clock.pass(base::kSecond);
    return base::Error{base::ErrorCode::no_space, "full", ""};
  }});
  PipelineOptions options = options_of();
  options.wait_space = 3 * base::kSecond;
  ScriptedSource source("a", mixed_stream(41, 100));
  const auto end =
      run_pipeline(options, {*place.tape, &source, {}, place.clock, &place.checkpoints, place.stop}, {});
  ASSERT_FALSE(end.ok());
  EXPECT_EQ(end.error().code, base::ErrorCode::no_space);
}

TEST(Pipeline, ASinkThatFailsEndsTheRun) {
  for (const bool one_thread : {true, false}) {
    for (const bool flush : {true, false}) {
      Place place;
      (flush ? place.sink.flush_fails : place.sink.apply_fails) =
          base::Error{base::ErrorCode::io, "the target is gone", "rows"};
      PipelineOptions options = options_of();
      options.one_thread = one_thread;
      const auto failed = place.run(options);
      ASSERT_FALSE(failed.ok());
      EXPECT_EQ(failed.error().what, "the target is gone");
      place.sink.flush_fails = place.sink.apply_fails = {};
      const auto end = place.run(options);
      ASSERT_TRUE(end.ok()) << end.error().message();
      EXPECT_EQ(place.rows(), expected().rows);
      place.expect_sink_has_all();
    }
  }
}

TEST(Pipeline, AStopFinishesWhatIsAppendedAndALaterRunTheRest) {
  for (const bool one_thread : {true, false}) {
    for (const std::uint64_t stop_after : {1U, 5U, 20U}) {
      Place place;
      PipelineOptions options = options_of();
      options.one_thread = one_thread;
      PipelineHooks hooks;
      std::uint64_t steps = 0;
      hooks.on_progress = [&](const SourceProgress&) { place.stop = ++steps >= stop_after; };
      const auto stopped = place.run(options, hooks);
      ASSERT_TRUE(stopped.ok()) << stopped.error().message();
      EXPECT_EQ(*stopped, PipelineEnd::stopped);
      const auto status = collect_status(*place.tape, kPartitions).value();
      for (const auto& partition : status.partitions) EXPECT_EQ(partition.waiting, 0U);
      EXPECT_FALSE(status.sources.at(0).finished);
      place.expect_sink_has_all();
      place.stop = false;
      const auto end = place.run(options);
      ASSERT_TRUE(end.ok()) << end.error().message();
      EXPECT_EQ(*end, PipelineEnd::finished);
      EXPECT_EQ(place.rows(), expected().rows);
      EXPECT_EQ(place.ledger(), expected().ledger);
    }
  }
}

TEST(Pipeline, WithoutASourceTheRestCatchesUp) {
  Place place;
  ScriptedSource source("a", mixed_stream(41, kRecords));
  EXPECT_EQ(ingest_all(*place.tape, source, place.clock, options_of().ingest), IngestState::finished);
  const auto end = run_pipeline(
      options_of(), {*place.tape, nullptr, {&place.sink}, place.clock, &place.checkpoints, place.stop}, {});
  ASSERT_TRUE(end.ok());
  EXPECT_EQ(place.rows(), expected().rows);
  place.expect_sink_has_all();
}

TEST(Pipeline, StatusCountsEveryRecordOnce) {
  Place place;
  ASSERT_TRUE(place.run(options_of()).ok());
  const auto status = collect_status(*place.tape, kPartitions).value();
  EXPECT_EQ(status.total.received, kRecords);
  EXPECT_TRUE(status.total.adds_up());
  EXPECT_EQ(status.total.rejected, rows_of(*place.tape, Topic::rejects).size());
  ASSERT_EQ(status.sources.size(), 1U);
  EXPECT_TRUE(status.sources[0].finished);
  EXPECT_EQ(status.sources[0].received, kRecords);
  for (const auto& sink : status.sinks) EXPECT_EQ(sink.lag, 0U) << sink.topic;
}

}  // namespace
}  // namespace tickerhouse::runtime

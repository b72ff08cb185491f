// A shard over a tape whose offsets have holes and whose bars are compacted gives what it gives over the
// embedded one.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "runtime/check/replay_check.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/shard_host.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"
#include "tests/support/holey_tape.h"

namespace tickerhouse::runtime {
namespace {

using base::kMinute;
using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const engine::Settings kSettings = settings_of(1, {kMinute, 5 * kMinute, base::kHour});

std::unique_ptr<flow::Tape> tape_with_stream() {
  auto tape = tape::make_memory_tape();
  FakeClock clock;
  ScriptedSource source("a", mixed_stream(11, 900));
  IngestOptions options;
  options.settings = kSettings;
  options.batch_records_max = 100;
  EXPECT_EQ(ingest_all(*tape, source, clock, options), IngestState::finished);
  return tape;
}

// Steps a few times, then is gone as after a kill; again until nothing is left.
void run_with_kills(flow::Tape& tape, std::uint64_t checkpoint_rows) {
  FakeDisk disk;
  CheckpointDirectory checkpoints(disk, "d");
  ShardHostOptions options;
  options.settings = kSettings;
  options.step_rows_max = 11;
  options.checkpoint_rows = checkpoint_rows;
  options.make_operators = bar_operators;
  std::vector<std::string> notes;
  for (bool left = true; left;) {
    auto host = ShardHost::open(options, tape, &checkpoints, notes);
    ASSERT_TRUE(host.ok()) << host.error().message();
    for (int i = 0; i < 5 && left; ++i) {
      const auto state = (*host)->step();
      ASSERT_TRUE(state.ok()) << state.error().message();
      left = *state == StepState::progressed;
    }
  }
  EXPECT_TRUE(notes.empty());
}

// Sequences of bars that a later revision has replaced.
std::set<std::uint64_t> replaced_bars(flow::Tape& tape) {
  std::map<std::tuple<std::string, base::DurationNanos, base::TsNanos>, std::uint64_t> newest;
  std::set<std::uint64_t> replaced;
  const auto reader = tape.read(Topic::bars, 0, flow::Offset{}).value();
  flow::TapeBatch batch;
  while (reader->next(batch).value()) {
    const market::BatchView<market::BarRow> view(batch.bytes);
    for (std::uint32_t i = 0; i < view.row_count(); ++i) {
      const market::BarRow& row = view.rows()[i];
      const std::uint64_t sequence = batch.first.value + i;
      const auto [it, first] = newest.try_emplace(
          {std::string(view.string(row.symbol)), row.interval, row.window_start}, sequence);
      if (first) continue;
      replaced.insert(it->second);
      it->second = sequence;
    }
  }
  return replaced;
}

TEST(Holes, TheSameRowsThroughKills) {
  const auto plain = tape_with_stream();
  run_shard(*plain, kSettings);
  for (const std::uint64_t checkpoint_rows : {std::uint64_t{1'000'000}, std::uint64_t{40}}) {
    const auto tape = tape_with_stream();
    HoleyTape holey(*tape);
    run_with_kills(holey, checkpoint_rows);
    EXPECT_EQ(all_rows(*tape, 1, kResults), all_rows(*plain, 1, kResults));
  }
}

TEST(Holes, VerifyAgrees) {
  const auto tape = tape_with_stream();
  HoleyTape holey(*tape);
  run_shard(holey, kSettings);
  const auto report = check_replay(holey, {kSettings, 0, bar_operators}, {});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->events, tape->end(Topic::events, 0)->value);
}

TEST(Holes, WhatCompactionTookIsNotMissed) {
  const auto tape = tape_with_stream();
  HoleyTape holey(*tape);
  run_shard(holey, kSettings);
  holey.gone = replaced_bars(*tape);
  ASSERT_GT(holey.gone.size(), 3U);
  const auto report = check_replay(holey, {kSettings, 0, bar_operators}, {});
  EXPECT_TRUE(report.ok()) << report.error().message();
  // But a row that is missing where nothing is compacted is.
  holey.says_compacted = false;
  const auto missed = check_replay(holey, {kSettings, 0, bar_operators}, {});
  ASSERT_FALSE(missed.ok());
  EXPECT_EQ(missed.error().code, base::ErrorCode::check_failed);
}

}  // namespace
}  // namespace tickerhouse::runtime

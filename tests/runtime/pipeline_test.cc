// Whole pipelines on the memory tape: the same rows for any number of threads, any order of turns, and after
// failures at any commit.
#include "runtime/pipeline.h"

#include <gtest/gtest.h>

#include "analytics/bar_builder.h"
#include "runtime/replay_check.h"
#include "tape/memory_tape.h"
#include "tests/runtime/scripted_source.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::TsNanos kTen = 1'767'607'200 * base::kSecond;
constexpr std::uint16_t kPartitions = 3;

std::vector<std::unique_ptr<flow::Operator>> bar_builders(const engine::Settings& settings) {
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings));
  return operators;
}

PipelineOptions options_with(std::size_t batch) {
  PipelineOptions options;
  options.ingest.settings.partitions = kPartitions;
  options.ingest.batch_records_max = batch;
  options.shard.settings = options.ingest.settings;
  options.shard.make_operators = bar_builders;
  options.shard.step_rows_max = batch;
  return options;
}

std::vector<ScriptedEvent> script() {
  std::vector<ScriptedEvent> events;
  std::uint64_t state = 88172645463325252ULL;  // xorshift64
  for (int n = 0; n < 3'000; ++n) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    const auto late =
        static_cast<base::DurationNanos>(state % 20 == 0 ? state % 180 : state % 5) * base::kSecond;
    const std::string symbol(1, static_cast<char>('A' + state % 11));
    events.push_back(trade(symbol, kTen + n * 200 * base::kMillisecond - late,
                           1'000'000'000 + static_cast<std::int64_t>(state % 999)));
    EXPECT_FALSE(market::set_trade_id(events.back().row, std::to_string(n - (state % 30 == 0 ? 1 : 0))));
  }
  return events;
}

// Every row of the result topics, as bytes with the symbol spelled out.
std::string rows_of(flow::Tape& tape) {
  std::string all;
  for (const flow::Topic topic : {flow::Topic::bars, flow::Topic::settled})
    for (std::uint16_t p = 0; p < kPartitions; ++p) {
      auto reader = tape.read(topic, p, flow::Offset{});
      flow::TapeBatch batch;
      while ((*reader)->next(batch).value()) {
        const market::BatchView<market::BarRow> view(batch.bytes);
        for (market::BarRow row : view.rows()) {
          all.append(view.string(row.symbol));
          row.symbol = 0;
          all.append(reinterpret_cast<const char*>(&row), sizeof row);
        }
      }
    }
  return all;
}

base::Result<PipelineEnd> run_once(const PipelineOptions& options, flow::Tape& tape) {
  ScriptedSource source("file", false);
  source.script = script();
  const std::atomic<bool> stop = false;
  return run_pipeline(options, {tape, &source, {}, base::system_clock(), base::system_disk(), stop}, {});
}

std::string expected() {
  static const std::string rows = [] {
    const auto tape = tape::make_memory_tape();
    PipelineOptions options = options_with(1'000);
    options.one_thread = true;
    EXPECT_TRUE(run_once(options, *tape).ok());
    return rows_of(*tape);
  }();
  return rows;
}

TEST(Pipeline, ThreadsAndBatchesChangeNoByte) {
  ASSERT_GT(expected().size(), 10'000U);
  for (const std::uint16_t threads : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{4}})
    for (const std::size_t batch : {std::size_t{7}, std::size_t{1'000}}) {
      const auto tape = tape::make_memory_tape();
      PipelineOptions options = options_with(batch);
      options.threads = threads;
      ASSERT_EQ(run_once(options, *tape).value(), PipelineEnd::finished);
      EXPECT_EQ(rows_of(*tape), expected()) << threads << " threads, batches of " << batch;
    }
}

TEST(Pipeline, TheOrderOfTurnsChangesNoByte) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto tape = tape::make_memory_tape();
    PipelineOptions options = options_with(37);
    options.one_thread = true;
    options.seed = seed;
    ASSERT_EQ(run_once(options, *tape).value(), PipelineEnd::finished);
    EXPECT_EQ(rows_of(*tape), expected()) << "seed " << seed;
  }
}

TEST(Pipeline, FailuresAtAnyCommitAndRestartsChangeNoByte) {
  for (int failing = 1; failing <= 60; ++failing) {
    int commits = 0;
    tape::MemoryTapeOptions memory;
    memory.fail = [&](std::string_view step) -> base::Status {
      const bool lost_answer = failing % 2 == 0;  // applied, and the writer does not hear of it
      if (step == (lost_answer ? "answer" : "commit") && ++commits == failing)
        return base::Error{base::ErrorCode::io, "injected", ""};
      return {};
    };
    const auto tape = tape::make_memory_tape(memory);
    PipelineOptions options = options_with(200);
    options.one_thread = true;
    options.seed = static_cast<std::uint64_t>(failing);
    int runs = 1;
    while (!run_once(options, *tape).ok()) ASSERT_LT(++runs, 4);
    EXPECT_EQ(rows_of(*tape), expected()) << "failure at commit " << failing;
    for (std::uint16_t p = 0; p < kPartitions; ++p)
      EXPECT_TRUE(check_replay(*tape, options.shard.settings, p, bar_builders, {}).ok());
    const auto status = collect_status(*tape, kPartitions);
    EXPECT_TRUE(status->total.adds_up());
    EXPECT_EQ(status->total.received, script().size());
  }
}

}  // namespace
}  // namespace tickerhouse::runtime

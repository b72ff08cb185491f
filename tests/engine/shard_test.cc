// The state of a shard: saved after any row and loaded again it goes on as if nothing had been.
#include "engine/shard.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::engine {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const Settings kSettings = settings_of(1, {base::kMinute, 5 * base::kMinute, base::kDay});

std::unique_ptr<Shard> new_shard() { return std::make_unique<Shard>(kSettings, bar_operators(kSettings)); }

// One batch with everything.
struct Stream {
  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  std::unique_ptr<flow::TapeReader> reader;
  flow::TapeBatch batch;
  explicit Stream(std::size_t records) {
    FakeClock clock;
    runtime::IngestOptions options;
    options.settings = kSettings;
    ScriptedSource a("a", mixed_stream(51, records));
    a.at_end = flow::PollState::idle;
    ingest_all(*tape, a, clock, options);
    reader = tape->read(flow::Topic::events, 0, {}).value();
    EXPECT_TRUE(reader->next(batch).value());
  }
  [[nodiscard]] market::EventBatchView view() const { return market::EventBatchView(batch.bytes); }
};

// All results of rows [first, last) as text.
std::string step(Shard& shard, const market::EventBatchView& view, std::size_t first, std::size_t last) {
  ShardResults results;
  shard.step(view, first, last, first, results);
  std::string text;
  for (const auto& row : results.bars.rows)
    text.append(bar_text(row, results.bars.strings.at(row.symbol))).append("\n");
  for (const auto& row : results.settled.rows)
    text.append("settled ").append(bar_text(row, results.settled.strings.at(row.symbol))).append("\n");
  for (std::size_t i = first; i < last; ++i)
    text.push_back(static_cast<char>('0' + static_cast<int>(results.verdicts[i])));
  return text.append(std::to_string(results.late.rows.size()));
}

TEST(Shard, SavedAfterAnyRowItGoesOnAlike) {
  const Stream stream(400);
  const market::EventBatchView view = stream.view();
  const std::size_t rows = view.rows().size();
  const auto whole = new_shard();
  std::string state;
  for (std::size_t i = 0; i < rows; ++i) {
    state.clear();
    whole->save(state);
    const auto loaded = new_shard();
    ASSERT_TRUE(loaded->load(state).ok()) << i;
    std::string again;
    loaded->save(again);
    ASSERT_EQ(again.size(), state.size()) << i;
    ASSERT_EQ(step(*loaded, view, i, i + 1), step(*whole, view, i, i + 1)) << i;
    if (i % 50 != 0) continue;
    const auto rest = new_shard();
    ASSERT_TRUE(rest->load(state).ok());
    const auto fresh = new_shard();
    step(*fresh, view, 0, i);
    ASSERT_EQ(step(*rest, view, i, rows), step(*fresh, view, i, rows)) << i;
    ASSERT_EQ(rest->counts().ledger, fresh->counts().ledger);
  }
}

TEST(Shard, CutStatesAreRefused) {
  const Stream stream(200);
  const auto shard = new_shard();
  step(*shard, stream.view(), 0, stream.view().rows().size());
  std::string state;
  shard->save(state);
  for (std::size_t size = 0; size < state.size(); size += 1 + size / 50) {
    const auto status = new_shard()->load(std::string_view(state).substr(0, size));
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_EQ(status.error().code, base::ErrorCode::damaged);
  }
  EXPECT_FALSE(new_shard()->load(state + "x").ok());
}

}  // namespace
}  // namespace tickerhouse::engine

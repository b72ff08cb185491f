// A shard whose events are messages of others does what ingest does for a source: its watermarks are those
// that ingest writes for the same events, and messages that are none are counted and kept.
#include "engine/messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/shard.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::engine {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const Settings kOneMinute = settings_of(1, {base::kMinute, base::kHour});

std::unique_ptr<Shard> shard_of(const std::string& place) {
  return std::make_unique<Shard>(kOneMinute, bar_operators(kOneMinute), place);
}

std::string sealed(const market::EventBatchBuilder& builder) {
  std::string bytes;
  bytes.reserve(std::size_t{1} << 20U);  // as aligned as a batch must be
  builder.seal(bytes, 0);
  return bytes;
}

enum class Marks { kept, left_out };

std::string copy_of(const market::BatchBytes& batch, Marks marks) {
  market::EventBatchBuilder copy;
  const market::EventBatchView view(batch);
  for (std::uint32_t i = 0; i < view.rows().size(); ++i) {
    market::EventRow row = view.rows()[i];
    if (marks == Marks::left_out && !market::carries_market_data(row.kind)) continue;
    for (std::uint16_t* index : {&row.symbol, &row.venue, &row.source})
      if (*index != market::kNoString) *index = copy.strings.intern(view.string(*index));
    if (!view.text(i).empty()) copy.add_text(static_cast<std::uint32_t>(copy.rows.size()), view.text(i));
    copy.rows.push_back(row);
  }
  return sealed(copy);
}

// The events of a source that numbers nothing, as ingest appends them, its end not among them.
std::vector<std::string> ingested(std::uint64_t seed) {
  std::vector<Entry> entries = mixed_stream(seed, 600);
  for (Entry& entry : entries) entry.row.seq = market::kNoSeq;
  ScriptedSource source("ticks", entries);
  source.at_end = flow::PollState::idle;
  const auto tape = tape::make_memory_tape();
  FakeClock clock;
  runtime::IngestOptions options;
  options.settings = kOneMinute;
  ingest_all(*tape, source, clock, options);
  const auto reader = tape->read(flow::Topic::events, 0, {}).value();
  std::vector<std::string> batches;
  flow::TapeBatch batch;
  while (reader->next(batch).value()) batches.push_back(copy_of(batch.bytes, Marks::kept));
  return batches;
}

struct Given {
  std::vector<std::string> bars;
  std::vector<std::string> settled;
  std::vector<std::string> late;
  std::vector<std::string> symbols;
  flow::Ledger ledger;
};

void add_bars(std::vector<std::string>& to, const ResultBatches<market::BarRow>& results) {
  for (const auto& batch : results.batches())
    for (const market::BarRow& row : batch.rows) to.push_back(bar_text(row, batch.strings.at(row.symbol)));
}

// Saved and loaded before each step.
Given given_by(const std::vector<std::string>& batches, const std::string& place, std::size_t step_rows) {
  Given outcome;
  auto shard = shard_of(place);
  std::uint64_t order = 0;
  for (const std::string& bytes : batches) {
    const auto batch = market::BatchBytes::open(bytes).value();
    const market::EventBatchView view(batch);
    for (std::size_t first = 0; first < view.rows().size(); first += step_rows) {
      std::string state;
      shard->save(state);
      shard = shard_of(place);
      EXPECT_TRUE(shard->load(state).ok());
      ShardResults results;
      const std::size_t last = std::min(view.rows().size(), first + step_rows);
      shard->step(view, first, last, order, results);
      order += last - first;
      add_bars(outcome.bars, results.bars);
      add_bars(outcome.settled, results.settled);
      for (const auto& late : results.late.batches())
        for (const market::EventRow& row : late.rows)
          outcome.late.push_back(std::string(late.strings.at(row.symbol)) + clock_text(row.ts_event));
      for (const auto& added : results.symbols.batches())
        for (const market::EventRow& row : added.rows)
          outcome.symbols.push_back(
              std::string(added.strings.at(row.symbol)).append(" ").append(added.strings.at(row.source)));
    }
  }
  outcome.ledger = shard->counts().ledger;
  return outcome;
}

TEST(Messages, WatermarksAreThoseThatIngestWrites) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const std::vector<std::string> marked = ingested(seed);
    std::vector<std::string> plain;
    for (const std::string& bytes : marked)
      plain.push_back(copy_of(market::BatchBytes::open(bytes).value(), Marks::left_out));
    const Given expected = given_by(marked, "", 1'000);
    ASSERT_GT(expected.settled.size(), 30U);
    ASSERT_GT(expected.ledger.late_kept + expected.ledger.late_revised, 3U);
    for (const std::size_t step_rows : {1U, 7U, 1'000U}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", steps of " << step_rows);
      const Given found = given_by(plain, "ticks/0", step_rows);
      EXPECT_EQ(found.bars, expected.bars);
      EXPECT_EQ(found.settled, expected.settled);
      EXPECT_EQ(found.late, expected.late);
      EXPECT_EQ(found.ledger, expected.ledger);
      EXPECT_EQ(found.symbols.size(), 7U) << "each symbol once";
      EXPECT_TRUE(found.symbols.front().ends_with(" ticks/0"));
    }
    EXPECT_TRUE(expected.symbols.empty());
  }
}

market::EventRow rejected_of(market::EventBatchBuilder& builder, market::RejectRow reject) {
  market::EventRow row = market::rejected_row(reject);
  row.source = builder.strings.intern("ticks");
  return row;
}

TEST(Messages, WhatIsNoEventIsCountedAndKept) {
  market::EventBatchBuilder builder;
  market::RejectRow reject;
  reject.reason = market::RejectReason::bad_price;
  reject.raw_length = 5;
  reject.ts_recv = at("10:00");
  builder.add_text(0, "bytes");
  builder.rows.push_back(rejected_of(builder, reject));
  market::EventRow skipped;
  skipped.kind = market::EventKind::status;
  skipped.control = {0, 0, market::StatusCode::skipped, {}};
  skipped.source = builder.strings.intern("ticks");
  builder.rows.push_back(skipped);
  reject.reason = market::RejectReason::line_too_long;
  reject.raw_length = 5'000'000'000;
  reject.raw_hash = {~0ULL, 7};
  builder.add_text(2, "begin");
  builder.rows.push_back(rejected_of(builder, reject));
  const std::string bytes = sealed(builder);
  const auto batch = market::BatchBytes::open(bytes).value();

  auto shard = shard_of("ticks/3");
  ShardResults results;
  shard->step(market::EventBatchView(batch), 0, 3, 40, results);
  EXPECT_EQ(shard->counts().ledger.received, 2U);
  EXPECT_EQ(shard->counts().ledger.rejected, 2U);
  MessageCounts counts = shard->messages();
  EXPECT_EQ(counts.skipped, 1U);
  EXPECT_EQ(counts.rejects.at(static_cast<std::size_t>(market::RejectReason::bad_price)), 1U);
  ASSERT_EQ(results.rejects.batches().size(), 1U);
  EXPECT_EQ(results.rejected_bytes, 10U);
  const auto& kept = results.rejects.batches().front();
  ASSERT_EQ(kept.rows.size(), 2U);
  EXPECT_EQ(kept.rows[0].line, 40U);
  EXPECT_EQ(kept.rows[0].ts_recv, at("10:00"));
  EXPECT_EQ(kept.strings.at(kept.rows[0].source), "ticks/3");
  EXPECT_EQ(kept.text(0), "bytes");
  EXPECT_EQ(kept.rows[1].line, 42U);
  EXPECT_EQ(kept.rows[1].raw_length, 5'000'000'000U);
  EXPECT_EQ(kept.rows[1].raw_hash, (base::Hash128{~0ULL, 7}));
  EXPECT_EQ(kept.rows[1].reason, market::RejectReason::line_too_long);

  std::string state;
  shard->save(state);
  auto loaded = shard_of("ticks/3");
  ASSERT_TRUE(loaded->load(state).ok());
  EXPECT_EQ(loaded->messages(), counts);
  EXPECT_FALSE(shard_of("")->load(state).ok()) << "of another kind of events";
}

}  // namespace
}  // namespace tickerhouse::engine

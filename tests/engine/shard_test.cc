// What a shard gives depends on its rows alone: not on how many come in a step, not on being saved and loaded
// in between, and its bars not on the order in which trades arrive within the bound. Drawn from seeds.
#include "engine/shard.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::engine {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const Settings kSettings = settings_of(1, {base::kMinute, 5 * base::kMinute, base::kDay});

std::unique_ptr<Shard> new_shard() { return std::make_unique<Shard>(kSettings, bar_operators(kSettings)); }

enum class FirstSource { ends_once, ends_and_grows };

// Two sources with symbols in common take turns.
void ingest_two_sources(flow::Tape& tape, const Settings& settings, std::uint64_t seed, std::size_t records,
                        FirstSource first) {
  Random random(seed);
  std::vector<Entry> scripts[] = {mixed_stream(2 * seed, records), mixed_stream(2 * seed + 1, records)};
  // What each has alone keeps lanes apart.
  std::erase_if(scripts[0], [](const Entry& entry) { return entry.symbol == "AAPL"; });
  std::erase_if(scripts[1], [](const Entry& entry) { return entry.symbol == "MSFT"; });
  ScriptedSource sources[] = {{"a", {}}, {"b", {}}};
  std::size_t taken[] = {0, 0};
  FakeClock clock;
  runtime::IngestOptions options;
  options.settings = settings;
  options.merge = true;
  while (taken[0] < scripts[0].size() || taken[1] < scripts[1].size()) {
    const std::size_t who = random.below(2);
    const std::size_t end =
        std::min<std::size_t>(scripts[who].size(), taken[who] + 1 + random.below(records / 4));
    for (; taken[who] < end; ++taken[who]) sources[who].script.push_back(scripts[who][taken[who]]);
    const bool ends = end == scripts[who].size() ||
                      (first == FirstSource::ends_and_grows && who == 0 && random.below(4) == 0);
    sources[who].at_end = ends ? flow::PollState::finished : flow::PollState::idle;
    ingest_all(tape, sources[who], clock, options);
  }
}

struct Stream {
  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  std::vector<market::BatchBytes> batches;  // they lie in the tape
  Stream(std::uint64_t seed, std::size_t records) {
    ingest_two_sources(*tape, kSettings, seed, records, FirstSource::ends_and_grows);
    const auto reader = tape->read(flow::Topic::events, 0, {}).value();
    flow::TapeBatch batch;
    while (reader->next(batch).value()) batches.push_back(batch.bytes);
  }
};

// Readable where rows differ, and nothing of them left out but string numbers.
template <typename Row>
std::string with_hash(std::string text, const Row& row) {
  const std::string_view bytes(reinterpret_cast<const char*>(&row), sizeof row);
  return text.append(" ").append(base::to_hex(base::hash128(bytes)));
}
std::string text_of(market::BarRow row, const market::BatchBuilder<market::BarRow>& results, std::uint32_t) {
  std::string text = bar_text(row, results.strings.at(row.symbol));
  row.symbol = 0;
  return with_hash(std::move(text), row);
}
std::string text_of(market::EventRow row, const market::EventBatchBuilder& results, std::uint32_t index) {
  std::string text(results.strings.at(row.symbol));
  text.append(" ").append(clock_text(row.ts_event)).append(" of ").append(results.strings.at(row.source));
  text.append(" ").append(results.text(index));
  row.symbol = row.source = 0;
  return with_hash(std::move(text), row);
}

struct Outcome {
  std::vector<std::string> bars;
  std::vector<std::string> settled;
  std::vector<std::string> late;
  std::string verdicts;
  flow::Ledger ledger;

  template <typename Results>
  static void add(std::vector<std::string>& to, const Results& results) {
    for (const auto& batch : results.batches())
      for (std::uint32_t i = 0; i < batch.rows.size(); ++i) to.push_back(text_of(batch.rows[i], batch, i));
  }
  void step(Shard& shard, const market::BatchBytes& batch, std::size_t first, std::size_t last,
            std::uint64_t first_order) {
    ShardResults results;
    shard.step(market::EventBatchView(batch), first, last, first_order, results);
    add(bars, results.bars);
    add(settled, results.settled);
    add(late, results.late);
    for (std::size_t i = first; i < last; ++i)
      verdicts.push_back(static_cast<char>('0' + static_cast<int>(results.verdicts[i])));
  }
};

// Calls `between` before each step; it may put another shard in place of the one that goes on.
template <typename Between>
Outcome outcome_of(std::unique_ptr<Shard>& shard, const Stream& stream, std::size_t step_rows,
                   const Between& between) {
  Outcome outcome;
  std::uint64_t order = 0;
  for (const market::BatchBytes& batch : stream.batches)
    for (std::size_t first = 0; first < batch.row_count();) {
      const std::size_t last = std::min<std::size_t>(batch.row_count(), first + step_rows);
      between();
      outcome.step(*shard, batch, first, last, order);
      order += last - first;
      first = last;
    }
  outcome.ledger = shard->counts().ledger;
  return outcome;
}

Outcome outcome_of(const Stream& stream, std::size_t step_rows = 1'000'000) {
  auto shard = new_shard();
  return outcome_of(shard, stream, step_rows, [] {});
}

void expect_equal(const Outcome& outcome, const Outcome& expected) {
  EXPECT_EQ(outcome.bars, expected.bars);
  EXPECT_EQ(outcome.settled, expected.settled);
  EXPECT_EQ(outcome.late, expected.late);
  EXPECT_EQ(outcome.verdicts, expected.verdicts);
  EXPECT_EQ(outcome.ledger, expected.ledger);
}

std::unique_ptr<Shard> saved_and_loaded(const Shard& shard) {
  std::string state;
  shard.save(state);
  auto loaded = new_shard();
  EXPECT_TRUE(loaded->load(state).ok());
  return loaded;
}

TEST(Shard, StepsOfAnySizeGiveTheSameRows) {
  flow::Ledger total;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Stream stream(seed, 600);
    const Outcome whole = outcome_of(stream);
    ASSERT_GT(whole.settled.size(), 50U);
    total += whole.ledger;
    for (const std::size_t step_rows : {1U, 7U, 1'000U}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", steps of " << step_rows);
      expect_equal(outcome_of(stream, step_rows), whole);
    }
  }
  EXPECT_GT(total.duplicate, 20U) << "or the streams do not have everything";
  EXPECT_GT(total.late_revised, 20U);
  EXPECT_GT(total.late_kept, 20U);
}

TEST(Shard, SavedAndLoadedBeforeEveryStepItGoesOnAlike) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Stream stream(seed, 400);
    const Outcome whole = outcome_of(stream);
    for (const std::size_t step_rows : {1U, 7U}) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", steps of " << step_rows);
      auto shard = new_shard();
      expect_equal(outcome_of(shard, stream, step_rows, [&shard] { shard = saved_and_loaded(*shard); }),
                   whole);
    }
  }
}

// A loss that the next load would hide: one load only, then on to the end.
TEST(Shard, SavedAndLoadedOnceItGoesOnAlike) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Stream stream(seed, 300);
    const Outcome whole = outcome_of(stream);
    std::uint64_t steps_before = Random(seed).below(whole.verdicts.size() / 7);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ", loaded after step " << steps_before);
    auto shard = new_shard();
    const auto load_once = [&] {
      if (steps_before-- == 0) shard = saved_and_loaded(*shard);
    };
    expect_equal(outcome_of(shard, stream, 7, load_once), whole);
  }
}

TEST(Shard, CutStatesAreRefused) {
  const Stream stream(51, 200);
  auto shard = new_shard();
  outcome_of(shard, stream, 1'000, [] {});
  std::string state;
  shard->save(state);
  for (std::size_t size = 0; size < state.size(); ++size) {
    const auto status = new_shard()->load(std::string_view(state).substr(0, size));
    ASSERT_FALSE(status.ok()) << size;
    EXPECT_EQ(status.error().code, base::ErrorCode::damaged);
  }
  EXPECT_FALSE(new_shard()->load(state + "x").ok());
}

// Trades, quotes and snapshots, no two at one time, some of them twice; without numbers, whose holes depend
// on the order of arrival.
std::vector<Entry> distinct_times(std::uint64_t seed, std::size_t count) {
  std::vector<Entry> entries = mixed_stream(seed, count);
  std::erase_if(entries, [](const Entry& entry) { return entry.reason != market::RejectReason{}; });
  Random random(seed);
  base::TsNanos now = at("23:50");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    now += 1 + static_cast<base::DurationNanos>(random.below(4'000'000'000));
    entries[i].row.ts_event = now;
    entries[i].row.seq = market::kNoSeq;
    entries[i].id = entries[i].id.empty() ? "" : std::to_string(i);
  }
  for (std::size_t i = count / 2; i-- > 0;)
    if (!entries[i].id.empty() && random.below(4) == 0) entries.push_back(entries[i]);
  return entries;
}

// As on a way that delays each by less than the bound.
std::vector<Entry> arriving(const std::vector<Entry>& entries, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::pair<base::TsNanos, std::size_t>> arrivals;
  for (std::size_t i = 0; i < entries.size(); ++i)
    arrivals.emplace_back(entries[i].row.ts_event + static_cast<base::DurationNanos>(random.below(
                                                        static_cast<std::uint64_t>(kSettings.bound))),
                          i);
  std::sort(arrivals.begin(), arrivals.end());
  std::vector<Entry> arrived;
  arrived.reserve(entries.size());
  for (const auto& [ts, i] : arrivals) arrived.push_back(entries[i]);
  return arrived;
}

TEST(Shard, TheOrderOfArrivalWithinTheBoundChangesNoBar) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<Entry> entries = distinct_times(seed, 500);
    std::map<std::string, std::vector<std::string>> expected;
    for (std::uint64_t shuffle = 0; shuffle < 4; ++shuffle) {
      const auto tape = tape::make_memory_tape();
      FakeClock clock;
      ScriptedSource source("a", arriving(entries, 100 * seed + shuffle));
      runtime::IngestOptions options;
      options.settings = kSettings;
      ingest_all(*tape, source, clock, options);
      run_shard(*tape, kSettings);
      auto rows = all_rows(*tape, 1, {flow::Topic::bars, flow::Topic::settled, flow::Topic::late});
      ASSERT_TRUE(rows.at("late 0").empty());
      ASSERT_GT(rows.at("bars 0").size(), 50U);
      if (expected.empty()) {
        expected = std::move(rows);
      } else {
        EXPECT_EQ(rows, expected) << "seed " << seed;
      }
    }
  }
}

// What became of each symbol, in order.
std::map<std::string, std::vector<std::string>> by_symbol(flow::Tape& tape, std::uint16_t partitions) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const auto& [topic, lines] : all_rows(tape, partitions, kResults))
    for (const std::string& line : lines) {
      const std::size_t start = line.starts_with("bar ") ? 4 : 0;
      const std::string symbol = line.substr(start, line.find(' ', start) - start);
      rows[topic.substr(0, topic.find(' ') + 1) + symbol].push_back(line);
    }
  return rows;
}

TEST(Shard, TheNumberOfPartitionsChangesNoSymbol) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    std::map<std::string, std::vector<std::string>> expected;
    for (const std::uint16_t partitions : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{5}}) {
      const Settings settings = settings_of(partitions, kSettings.intervals);
      const auto tape = tape::make_memory_tape();
      ingest_two_sources(*tape, settings, seed, 400, FirstSource::ends_and_grows);
      for (std::uint16_t p = 0; p < partitions; ++p) run_shard(*tape, settings, p);
      auto rows = by_symbol(*tape, partitions);
      if (expected.empty()) {
        expected = std::move(rows);
      } else {
        SCOPED_TRACE(testing::Message() << "seed " << seed << ", " << partitions << " partitions");
        ASSERT_EQ(rows.size(), expected.size());
        for (const auto& [symbol, lines] : rows) EXPECT_EQ(lines, expected[symbol]) << symbol;
      }
    }
  }
}

// A symbol's partition must hear that one of its sources is unfinished again, though what grew is another
// symbol's.
TEST(Shard, AnInputThatGrowsHoldsItsSymbolsInEveryPartition) {
  for (const std::uint16_t partitions : {std::uint16_t{1}, std::uint16_t{4}}) {
    const Settings settings = settings_of(partitions, {base::kMinute, 5 * base::kMinute});
    const auto tape = tape::make_memory_tape();
    FakeClock clock;
    runtime::IngestOptions options;
    options.settings = settings;
    options.merge = true;
    ScriptedSource a("a", {trade("AAPL", "10:00:05", "1", "1")});
    ingest_all(*tape, a, clock, options);
    a.at_end = flow::PollState::idle;
    a.script.push_back(trade("MSFT", "10:06:00", "3", "1"));
    ingest_all(*tape, a, clock, options);
    ScriptedSource b("b", {trade("AAPL", "10:06:30", "2", "1"), trade("AAPL", "10:10:00", "2", "1")});
    b.at_end = flow::PollState::idle;
    ingest_all(*tape, b, clock, options);
    std::size_t final_bars = 0;
    for (std::uint16_t p = 0; p < partitions; ++p) {
      run_shard(*tape, settings, p);
      for (const std::string& line : words_of(*tape, flow::Topic::bars, p))
        final_bars += line.find("AAPL 1m") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(final_bars, 1U) << partitions << " partitions";  // 10:00; a is behind 10:06
  }
}

}  // namespace
}  // namespace tickerhouse::engine

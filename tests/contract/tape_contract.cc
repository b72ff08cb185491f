#include "tests/contract/tape_contract.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <limits>
#include <map>
#include <thread>
#include <utility>

#include "market/bar.h"
#include "market/batch_builder.h"
#include "market/event.h"
#include "market/reject.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse::contract {

using flow::Append;
using flow::Commit;
using flow::CommitOutcome;
using flow::Offset;
using flow::TapeBatch;
using flow::Topic;
using Positions = std::vector<std::pair<std::string, std::string>>;

namespace {

std::unique_ptr<flow::TapeReader> reader_of(flow::Tape& tape, Place place, Offset from = {}) {
  return ok(tape.read(place.topic, place.partition, from));
}

// The next batch, waiting for it.
bool next_batch(flow::TapeReader& reader, TapeBatch& batch) {
  return wait_for([&] { return ok(reader.next(batch)); });
}

std::string position(int i) { return std::string("p").append(std::to_string(i)); }

std::string before(int i) { return i == 0 ? std::string() : position(i - 1); }

}  // namespace

// ---- the commit rule

TEST_P(TapeContract, FirstCommitOfAWriterHasNothingBefore) {
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "");
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(0))), CommitOutcome::applied);
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "p0");
  EXPECT_EQ(numbers_in(tape(), {}, 1), iota(0, 1));
}

TEST_P(TapeContract, FirstCommitWithAPositionBeforeIsFenced) {
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(0))), CommitOutcome::fenced);
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "");
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(1))), CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {}, 1), iota(1, 1));
}

TEST_P(TapeContract, CommitsFollowEachOther) {
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i))),
              CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {}, 20), iota(0, 20));
}

TEST_P(TapeContract, TheSameCommitAgainIsAlreadyApplied) {
  const std::string batch = numbered_batch(0);
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, batch)), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, batch)), CommitOutcome::already_applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(1))), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(1))), CommitOutcome::already_applied);
  EXPECT_EQ(numbers_in(tape(), {}, 2), iota(0, 2));
}

TEST_P(TapeContract, AZombieAddsNothing) {
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(0))), CommitOutcome::applied);
  // Two that think they are `w` at p0; the second one cut its input differently.
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(1))), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1'", {}, numbered_batch(100, 3))), CommitOutcome::fenced);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p1", "p2", {}, numbered_batch(2))), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(100))), CommitOutcome::fenced);
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "p2");
  EXPECT_EQ(numbers_in(tape(), {}, 3), iota(0, 3));
}

// The stored position decides, not what either side remembers of it.
TEST_P(TapeContract, AWriterMayMoveFromOneTapeObjectToAnother) {
  for (int i = 0; i < 6; ++i) {
    flow::Tape& here = i % 2 == 0 ? tape() : other();
    flow::Tape& there = i % 2 == 0 ? other() : tape();
    EXPECT_EQ(ok(commit_one(here, "w", before(i), position(i), {}, numbered_batch(i))),
              CommitOutcome::applied);
    EXPECT_EQ(ok(commit_one(there, "w", before(i), position(i), {}, numbered_batch(i))),
              CommitOutcome::already_applied);
    EXPECT_EQ(ok(commit_one(there, "w", before(i), "elsewhere", {}, numbered_batch(100))),
              CommitOutcome::fenced);
  }
  EXPECT_EQ(numbers_in(other(), {}, 6), iota(0, 6));
}

TEST_P(TapeContract, AFencedCommitChangesNothingAnywhere) {
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(0))), CommitOutcome::applied);
  const std::string batch = numbered_batch(100, 5);
  const std::array<Append, 3> appends = {Append{Topic::events, 0, batch}, Append{Topic::bars, 1, batch},
                                         Append{Topic::rejects, 0, batch}};
  EXPECT_EQ(ok(tape().commit({.writer = "w", .before = "other", .after = "p1", .appends = appends})),
            CommitOutcome::fenced);
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "p0");
  for (const Append& append : appends) {
    const Place place{append.topic, append.partition};
    const std::string last = position(append.partition + static_cast<int>(append.topic));
    EXPECT_EQ(ok(commit_one(tape(), std::string("marker").append(last), "", last, place, numbered_batch(7))),
              CommitOutcome::applied);
  }
  EXPECT_EQ(numbers_in(tape(), {Topic::events, 0}, 2), (std::vector<std::int64_t>{0, 7}));
  EXPECT_EQ(numbers_in(tape(), {Topic::bars, 1}, 1), iota(7, 1));
  EXPECT_EQ(numbers_in(tape(), {Topic::rejects, 0}, 1), iota(7, 1));
}

TEST_P(TapeContract, OneCommitReachesSeveralTopicsAndPartitions) {
  const std::string events = numbered_batch(0, 3);
  const std::string more = numbered_batch(3, 2);
  const std::string bars = numbered_batch(50, 4);
  const std::string late = numbered_batch(60, 1);
  const std::array<Append, 4> appends = {Append{Topic::events, 2, events}, Append{Topic::bars, 2, bars},
                                         Append{Topic::events, 2, more}, Append{Topic::late, 1, late}};
  EXPECT_EQ(ok(tape().commit({.writer = "w", .before = "", .after = "p0", .appends = appends})),
            CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {Topic::events, 2}, 5), iota(0, 5));
  EXPECT_EQ(numbers_in(tape(), {Topic::bars, 2}, 4), iota(50, 4));
  EXPECT_EQ(numbers_in(tape(), {Topic::late, 1}, 1), iota(60, 1));
}

TEST_P(TapeContract, ACommitWithoutRowsMovesThePosition) {
  EXPECT_EQ(ok(tape().commit({.writer = "w", .before = "", .after = "p0", .appends = {}})),
            CommitOutcome::applied);
  EXPECT_EQ(ok(flow::position_of(tape(), "w")), "p0");
  EXPECT_EQ(ok(tape().commit({.writer = "w", .before = "", .after = "p0", .appends = {}})),
            CommitOutcome::already_applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(0))), CommitOutcome::applied);
}

TEST_P(TapeContract, WritersAreIndependent) {
  EXPECT_EQ(ok(commit_one(tape(), "a", "", "1", {}, numbered_batch(0))), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "b", "", "2", {}, numbered_batch(1))), CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "a", "2", "3", {}, numbered_batch(9))), CommitOutcome::fenced);
  EXPECT_EQ(ok(commit_one(tape(), "a", "1", "3", {}, numbered_batch(2))), CommitOutcome::applied);
  EXPECT_EQ(ok(flow::position_of(tape(), "a")), "3");
  EXPECT_EQ(ok(flow::position_of(tape(), "b")), "2");
}

TEST_P(TapeContract, WhatIsNoCommitIsRefusedAndChangesNothing) {
  const std::string batch = numbered_batch(0);
  std::string torn = numbered_batch(0);
  torn.back() = static_cast<char>(torn.back() ^ 1);
  market::EventBatchBuilder builder;
  std::string empty;
  builder.seal(empty, 0);
  EXPECT_FALSE(commit_one(tape(), "", "", "p0", {}, batch).ok());
  EXPECT_FALSE(commit_one(tape(), "w", "", "", {}, batch).ok());
  EXPECT_FALSE(commit_one(tape(), "w", "p0", "p0", {}, batch).ok());
  EXPECT_FALSE(commit_one(tape(), "w", "", "p0", {}, torn).ok());
  EXPECT_FALSE(commit_one(tape(), "w", "", "p0", {}, empty).ok());
  EXPECT_FALSE(commit_one(tape(), std::string(600, 'w'), "", "p0", {}, batch).ok());
  EXPECT_TRUE(ok(tape().positions("")).empty());
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, batch)), CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {}, 1), iota(0, 1));
}

TEST_P(TapeContract, BatchesNeedNoAlignment) {
  std::string shifted = std::string("x").append(numbered_batch(5, 3));
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, std::string_view(shifted).substr(1))),
            CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {}, 3), iota(5, 3));
}

// ---- positions

TEST_P(TapeContract, PositionsAreFoundByPrefixInByteOrder) {
  for (const char* writer : {"shard/1", "source/b", "source/a", "source", "shard/0", "source/\xff", "sourcf"})
    EXPECT_EQ(
        ok(tape().commit(
            {.writer = writer, .before = "", .after = std::string("at ").append(writer), .appends = {}})),
        CommitOutcome::applied);
  EXPECT_EQ(ok(tape().positions("source/")), (Positions{{"source/a", "at source/a"},
                                                        {"source/b", "at source/b"},
                                                        {"source/\xff", "at source/\xff"}}));
  EXPECT_EQ(ok(tape().positions("shard/")),
            (Positions{{"shard/0", "at shard/0"}, {"shard/1", "at shard/1"}}));
  EXPECT_EQ(ok(tape().positions("source")).size(), 4U);
  EXPECT_EQ(ok(tape().positions("")).size(), 7U);
  EXPECT_TRUE(ok(tape().positions("t")).empty());
  EXPECT_EQ(ok(flow::position_of(tape(), "source")), "at source");
  EXPECT_EQ(ok(flow::position_of(tape(), "shard/")), "");
}

TEST_P(TapeContract, PositionsAreBytes) {
  std::string before_bytes;
  for (const std::size_t size : {1U, 100U, 5'000U, 100'000U}) {
    std::string after(size, '\0');
    for (std::size_t i = 0; i < size; ++i) after[i] = static_cast<char>(i * 7 + size);
    EXPECT_EQ(ok(tape().commit({.writer = "w", .before = before_bytes, .after = after, .appends = {}})),
              CommitOutcome::applied);
    EXPECT_EQ(ok(flow::position_of(tape(), "w")), after);
    before_bytes = after;
  }
}

// ---- reading

TEST_P(TapeContract, NothingIsReadFromAnEmptyPartition) {
  TapeBatch batch;
  const auto reader = reader_of(tape(), {Topic::bars, 1});
  EXPECT_FALSE(ok(reader->next(batch)));
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {Topic::bars, 0}, numbered_batch(0))),
            CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {Topic::bars, 2}, numbered_batch(0))),
            CommitOutcome::applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", "p1", "p2", {Topic::events, 1}, numbered_batch(0))),
            CommitOutcome::applied);
  EXPECT_FALSE(ok(reader->next(batch)));
  if (offsets_count_rows()) {
    EXPECT_EQ(ok(tape().end(Topic::bars, 1)), Offset{0});
  }
}

TEST_P(TapeContract, OffsetsAscendAndLeadOn) {
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i * 3, 3))),
              CommitOutcome::applied);
  const auto reader = reader_of(tape(), {});
  Offset last{};
  std::vector<std::pair<Offset, std::int64_t>> places;
  for (int i = 0; i < 10; ++i) {
    TapeBatch batch;
    ASSERT_TRUE(next_batch(*reader, batch));
    EXPECT_GE(batch.first, last);
    EXPECT_LT(batch.first, batch.next);
    EXPECT_EQ(batch.skip, 0U);
    if (offsets_count_rows()) {
      EXPECT_EQ(batch.first, Offset{static_cast<std::uint64_t>(i) * 3});
    }
    last = batch.next;
    places.emplace_back(batch.first, market::EventBatchView(batch.bytes).rows().front().seq);
    places.emplace_back(batch.next, i == 9 ? -1 : market::EventBatchView(batch.bytes).rows().back().seq + 1);
  }
  EXPECT_GE(ok(tape().end(Topic::events, 0)), last);
  if (offsets_count_rows()) {
    EXPECT_EQ(ok(tape().end(Topic::events, 0)), Offset{30});
  }
  for (const auto& [from, number] : places) {
    if (number < 0) continue;
    EXPECT_EQ(numbers_in(tape(), {}, static_cast<std::size_t>(30 - number), from),
              iota(number, static_cast<std::size_t>(30 - number)));
  }
  TapeBatch batch;
  EXPECT_FALSE(ok(reader_of(tape(), {}, last)->next(batch)));
}

TEST_P(TapeContract, AReadMayBeginInsideABatch) {
  if (!offsets_count_rows()) return;  // nobody can name such an offset there
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i * 5, 5))),
              CommitOutcome::applied);
  for (std::uint64_t from = 0; from <= 20; ++from) {
    const auto reader = reader_of(tape(), {}, {from});
    TapeBatch batch;
    ASSERT_EQ(ok(reader->next(batch)), from < 20);
    if (from == 20) break;
    EXPECT_EQ(batch.first, Offset{from});
    EXPECT_EQ(batch.skip, from % 5);
    EXPECT_EQ(batch.next, Offset{from / 5 * 5 + 5});
    EXPECT_EQ(numbers_in(tape(), {}, 20 - from, {from}), iota(static_cast<std::int64_t>(from), 20 - from));
  }
}

TEST_P(TapeContract, AReaderGoesOnAfterNewCommits) {
  const auto reader = reader_of(tape(), {});
  const auto behind = reader_of(tape(), {});
  TapeBatch batch;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i * 2, 2))),
              CommitOutcome::applied);
    EXPECT_EQ(numbers_from(*reader, 2), iota(i * 2, 2));
    EXPECT_FALSE(ok(reader->next(batch)));
  }
  EXPECT_EQ(numbers_from(*behind, 20), iota(0, 20));
}

TEST_P(TapeContract, AReadBeyondTheEndWaits) {
  if (!offsets_count_rows()) return;
  const auto reader = reader_of(tape(), {}, {4});
  TapeBatch batch;
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(0, 3))), CommitOutcome::applied);
  EXPECT_FALSE(ok(reader->next(batch)));
  EXPECT_EQ(ok(commit_one(tape(), "w", "p0", "p1", {}, numbered_batch(3, 3))), CommitOutcome::applied);
  EXPECT_EQ(numbers_from(*reader, 2), iota(4, 2));
}

TEST_P(TapeContract, ABatchStaysReadableUntilTheNextCall) {
  EXPECT_EQ(ok(commit_one(tape(), "w", "", "p0", {}, numbered_batch(0, 2))), CommitOutcome::applied);
  const auto reader = reader_of(tape(), {});
  TapeBatch batch;
  ASSERT_TRUE(next_batch(*reader, batch));
  for (int i = 1; i < 50; ++i)
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i * 2, 200))),
              CommitOutcome::applied);
  std::vector<std::int64_t> numbers;
  take_numbers(batch, numbers);
  EXPECT_EQ(numbers, iota(0, 2));
}

namespace {

// Rows with all that a row of their kind may have.
market::BatchBuilder<market::BarRow> some_bars() {
  market::BatchBuilder<market::BarRow> bars;
  for (int i = 0; i < 3; ++i) {
    market::BarRow& bar = bars.rows.emplace_back();
    bar.symbol = bars.strings.intern(i == 1 ? "BRK.B" : "AAPL");
    bar.interval = base::kMinute;
    bar.window_start = i * base::kMinute;
    bar.window_end = bar.window_start + base::kMinute;
    bar.open_time = bar.window_start + 1;
    bar.close_time = bar.window_start + 999'999'999;
    bar.open = bar.high = bar.low = bar.close = {1'500'000'001};
    bar.state = i == 2 ? market::BarState::revised : market::BarState::final;
    bar.revision = static_cast<std::uint32_t>(i);
    bar.quality = i == 2 ? market::quality::kLate | market::quality::kGap : 0;
    bar.trade_count = i;
  }
  market::BarRow& known = bars.rows[1];
  known.known =
      market::known::kVolume | market::known::kNotional | market::known::kPctChange | market::known::kVwap;
  known.volume = base::Int128{1'234'567'890'123'456'789} * 1'000;
  known.notional = base::Int128{1'234'567'890'123'456'789} * 1'000'000'000;
  known.pct_change = -12'345;
  known.vwap = {-1};
  known.trade_date = 20'000;
  return bars;
}

market::BatchBuilder<market::RejectRow> some_rejects() {
  market::BatchBuilder<market::RejectRow> rejects;
  rejects.rows.resize(2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    rejects.rows[i].source = rejects.strings.intern("a file.jsonl");
    rejects.rows[i].line = i + 7;
  }
  rejects.rows[1].raw_hash = {1, 2};
  rejects.rows[1].raw_length = 5'000'000;
  rejects.rows[1].ts_recv = 5;
  rejects.rows[1].reason = market::RejectReason::line_too_long;
  rejects.add_text(0, "{not json");
  rejects.add_text(1, std::string_view("\0\xff\n", 3));
  return rejects;
}

market::EventBatchBuilder some_events() {
  market::EventBatchBuilder events;
  events.rows.resize(5);
  for (market::EventRow& row : events.rows) {
    row.source = events.strings.intern("feed \"1\"");
    row.ts_event = 1'700'000'000'123'456'789;
  }
  for (std::size_t i = 0; i < 3; ++i) {
    events.rows[i].symbol = events.strings.intern("AAPL");
    events.rows[i].trade.price = {157'050'000'001};
    events.rows[i].trade.size = {1};
  }
  constexpr std::string_view kLongId = "a trade id that is longer than sixteen bytes";
  market::set_trade_id(events.rows[0], kLongId);
  events.add_text(0, kLongId);
  events.rows[0].venue = events.strings.intern("XNAS");
  events.rows[0].seq = 0;
  events.rows[0].ts_recv = 9;
  market::set_trade_id(events.rows[1], "42");
  events.rows[1].trade.size = {};
  events.rows[1].flags |= market::kSizeUnknown;
  events.rows[2].kind = market::EventKind::quote;
  events.rows[2].quote = {.bid = {1}, .ask = {}, .bid_size = {3}, .ask_size = {}};
  events.rows[2].flags = market::kAskSizeUnknown;
  events.rows[3].kind = market::EventKind::watermark;
  events.rows[3].control = {};
  events.rows[3].flags = market::kDecidedByClock;
  events.rows[3].ts_event = -250'000'000;
  events.rows[4].kind = market::EventKind::status;
  events.rows[4].control = {
      base::kNoTime, std::numeric_limits<base::TsNanos>::max(), market::StatusCode::gap, {}};
  return events;
}

// The same rows, whatever the numbers of their strings.
template <typename Row>
void expect_same(const market::BatchBytes& left, const market::BatchBytes& right) {
  ASSERT_EQ(left.row_count(), right.row_count());
  EXPECT_EQ(left.header().first_sequence, right.header().first_sequence);
  for (std::uint32_t i = 0; i < left.row_count(); ++i) {
    std::array<Row, 2> rows = {market::BatchView<Row>(left).rows()[i],
                               market::BatchView<Row>(right).rows()[i]};
    EXPECT_EQ(left.text(i), right.text(i));
    const auto same_string = [&](auto member) {
      if constexpr (requires(Row row) { row.*member; }) {
        EXPECT_EQ(left.string(rows[0].*member), right.string(rows[1].*member));
        rows[0].*member = rows[1].*member = 0;
      }
    };
    if constexpr (requires(Row row) { row.symbol; }) same_string(&Row::symbol);
    if constexpr (requires(Row row) { row.venue; }) same_string(&Row::venue);
    if constexpr (requires(Row row) { row.source; }) same_string(&Row::source);
    EXPECT_EQ(std::memcmp(rows.data(), &rows[1], sizeof(Row)), 0) << "row " << i;
  }
}

void expect_same_rows(std::string_view put, const market::BatchBytes& got) {
  std::vector<std::max_align_t> copy(put.size() / sizeof(std::max_align_t) + 1);
  std::memcpy(copy.data(), put.data(), put.size());
  const market::BatchBytes batch =
      ok(market::BatchBytes::open({reinterpret_cast<const char*>(copy.data()), put.size()}));
  ASSERT_EQ(batch.header().row_kind, got.header().row_kind);
  switch (batch.header().row_kind) {
    case market::RowKind::event:
      return expect_same<market::EventRow>(batch, got);
    case market::RowKind::bar:
      return expect_same<market::BarRow>(batch, got);
    case market::RowKind::reject:
      return expect_same<market::RejectRow>(batch, got);
  }
}

}  // namespace

TEST_P(TapeContract, EveryKindOfRowComesBackAsItWent) {
  std::array<std::string, 3> sealed;
  some_bars().seal(sealed[0], 1);
  some_rejects().seal(sealed[1], 2);
  some_events().seal(sealed[2], 3);
  const std::array<Append, 3> appends = {Append{Topic::bars, 0, sealed[0]},
                                         Append{Topic::rejects, 0, sealed[1]},
                                         Append{Topic::late, 0, sealed[2]}};
  EXPECT_EQ(ok(tape().commit({.writer = "w", .before = "", .after = "p", .appends = appends})),
            CommitOutcome::applied);
  for (const Append& append : appends) {
    const auto reader = reader_of(tape(), {append.topic, 0});
    TapeBatch batch;
    ASSERT_TRUE(next_batch(*reader, batch));
    const auto* bytes = reinterpret_cast<const char*>(&batch.bytes.header());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes) % market::kBatchAlignment, 0U);
    if (batches_survive()) {
      EXPECT_EQ(std::string_view(bytes, append.batch.size()), append.batch);
    }
    expect_same_rows(append.batch, batch.bytes);
  }
}

TEST_P(TapeContract, BigBatches) {
  const std::size_t largest = GetParam().batch_bytes_max / sizeof(market::EventRow) - 4;
  int step = 0;
  std::size_t rows = 0;
  for (const std::size_t count :
       {std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{500}, largest, std::size_t{1}}) {
    EXPECT_EQ(ok(commit_one(tape(), "w", before(step), position(step), {},
                            numbered_batch(static_cast<std::int64_t>(rows), count))),
              CommitOutcome::applied);
    ++step;
    rows += count;
  }
  EXPECT_EQ(numbers_in(tape(), {}, rows), iota(0, rows));
}

// ---- cutting the beginning

namespace {

CommitOutcome cut_to(flow::Tape& tape, int number, Place place, Offset to) {
  const flow::Cut cut{place.topic, place.partition, to};
  const std::string after = position(number);
  const std::string from = before(number);
  return ok(tape.commit({"cutter", from, after, {}, flow::Claim::results, {&cut, 1}}));
}

// Ten batches of two rows; the offsets where they begin, as reads give them.
std::vector<Offset> ten_batches(flow::Tape& tape, Place place) {
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(ok(commit_one(tape, "w", before(i), position(i), place, numbered_batch(2 * i, 2))),
              CommitOutcome::applied);
  std::vector<Offset> begins;
  const auto reader = reader_of(tape, place);
  TapeBatch batch;
  while (begins.size() < 10 && next_batch(*reader, batch)) begins.push_back(batch.first);
  return begins;
}

}  // namespace

TEST_P(TapeContract, WhatIsCutIsGoneAndTheRestStays) {
  const Place cut{Topic::events, 1};
  const Place beside{Topic::events, 2};
  const auto begins = ten_batches(tape(), cut);
  ASSERT_EQ(begins.size(), 10U);
  ASSERT_EQ(ok(commit_one(tape(), "other", "", "p0", beside, numbered_batch(50, 3))), CommitOutcome::applied);
  EXPECT_EQ(ok(tape().begin(cut.topic, cut.partition)).value, begins[0].value);
  EXPECT_EQ(cut_to(tape(), 0, cut, begins[4]), CommitOutcome::applied);
  EXPECT_EQ(ok(tape().begin(cut.topic, cut.partition)), begins[4]);
  EXPECT_EQ(numbers_in(tape(), cut, 12), iota(8, 12));
  EXPECT_EQ(numbers_in(tape(), cut, 4, begins[8]), iota(16, 4));
  EXPECT_EQ(numbers_in(tape(), beside, 3), iota(50, 3));
  // Rows are added where they would have been without the cut.
  EXPECT_EQ(ok(commit_one(tape(), "w", position(9), position(10), cut, numbered_batch(20))),
            CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), cut, 13), iota(8, 13));
  reopen();
  EXPECT_EQ(ok(tape().begin(cut.topic, cut.partition)), begins[4]);
  EXPECT_EQ(numbers_in(tape(), cut, 13), iota(8, 13));
}

TEST_P(TapeContract, ACutWithinABatchLeavesItWhole) {
  const auto begins = ten_batches(tape(), {});
  ASSERT_EQ(begins.size(), 10U);
  const auto reader = reader_of(tape(), {}, begins[3]);
  TapeBatch batch;
  ASSERT_TRUE(next_batch(*reader, batch));
  ASSERT_TRUE(next_batch(*reader, batch));
  EXPECT_EQ(cut_to(tape(), 0, {}, {begins[4].value + 1}), CommitOutcome::applied);
  EXPECT_EQ(ok(tape().begin(Topic::events, 0)).value, begins[4].value + (batches_survive() ? 0 : 1));
}

TEST_P(TapeContract, TheLastBatchIsNeverCut) {
  const auto begins = ten_batches(tape(), {});
  ASSERT_EQ(begins.size(), 10U);
  EXPECT_EQ(cut_to(tape(), 0, {}, ok(tape().end(Topic::events, 0))), CommitOutcome::applied);
  EXPECT_EQ(ok(tape().begin(Topic::events, 0)).value, begins[9].value + (batches_survive() ? 0 : 1));
  EXPECT_EQ(numbers_in(tape(), {}, 1).back(), 19);
  EXPECT_EQ(cut_to(tape(), 1, {Topic::events, 3}, {100}), CommitOutcome::applied);  // of nothing
  EXPECT_EQ(ok(tape().begin(Topic::events, 3)).value, 0U);
}

TEST_P(TapeContract, ACutIsPartOfItsCommit) {
  const auto begins = ten_batches(tape(), {});
  ASSERT_EQ(begins.size(), 10U);
  EXPECT_EQ(cut_to(tape(), 1, {}, begins[5]), CommitOutcome::fenced);  // its position before is not there
  EXPECT_EQ(ok(tape().begin(Topic::events, 0)), begins[0]);
}

TEST_P(TapeContract, ManyPartitions) {
  std::vector<std::uint16_t> partitions;
  for (std::uint16_t i = 0; i < 40 && i < GetParam().partition_last; ++i) partitions.push_back(i);
  partitions.push_back(GetParam().partition_last);
  // The topics with the least and the greatest number, where every topic has all partitions.
  const std::array<Topic, 3> topics = {Topic::events, Topic::bars,
                                       GetParam().partition_last == 0xFFFF ? Topic::symbols : Topic::late};
  std::vector<std::string> batches;
  std::vector<Append> appends;
  for (const std::uint16_t partition : partitions) batches.push_back(numbered_batch(partition, 2));
  for (const Topic topic : topics)
    for (std::size_t i = 0; i < partitions.size(); ++i) appends.push_back({topic, partitions[i], batches[i]});
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(
        ok(tape().commit({.writer = "w", .before = before(i), .after = position(i), .appends = appends})),
        CommitOutcome::applied);
  for (const Topic topic : topics)
    for (const std::uint16_t partition : partitions) {
      const std::int64_t p = partition;
      EXPECT_EQ(numbers_in(tape(), {topic, partition}, 6),
                (std::vector<std::int64_t>{p, p + 1, p, p + 1, p, p + 1}));
    }
}

// ---- restart

TEST_P(TapeContract, ARestartKeepsEverything) {
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ok(commit_one(tape(), "w", before(i), position(i), {}, numbered_batch(i * 4, 4))),
              CommitOutcome::applied);
    if (i % 3 == 2) reopen();
    EXPECT_EQ(ok(flow::position_of(tape(), "w")), position(i));
    EXPECT_EQ(numbers_in(tape(), {}, static_cast<std::size_t>(i + 1) * 4),
              iota(0, static_cast<std::size_t>(i + 1) * 4));
  }
  reopen();
  EXPECT_EQ(ok(commit_one(tape(), "w", position(8), position(9), {}, numbered_batch(36, 4))),
            CommitOutcome::already_applied);
  EXPECT_EQ(ok(commit_one(tape(), "w", position(8), "elsewhere", {}, numbered_batch(36, 4))),
            CommitOutcome::fenced);
  EXPECT_EQ(ok(commit_one(tape(), "w", position(9), position(10), {}, numbered_batch(40, 4))),
            CommitOutcome::applied);
  EXPECT_EQ(numbers_in(tape(), {}, 44), iota(0, 44));
}

// ---- threads

TEST_P(TapeContract, WritersInSeveralThreadsAddUp) {
  constexpr int kWriters = 6;
  constexpr int kCommits = 60;
  constexpr std::uint16_t kPartitions = 3;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      const std::string writer = std::string("writer").append(std::to_string(w));
      for (int i = 0; i < kCommits; ++i) {
        const std::string batch = numbered_batch((w * kCommits + i) * 2, 2);
        const Place place{Topic::events, static_cast<std::uint16_t>(i % kPartitions)};
        const auto outcome = commit_one(tape(), writer, before(i), position(i), place, batch);
        if (!outcome.ok() || *outcome != CommitOutcome::applied) ++failures;
        // A fenced neighbour in the same transaction disturbs nobody.
        if (i % 7 == 3) {
          const auto fenced = commit_one(tape(), writer, "nowhere", "never", place, numbered_batch(-1));
          if (!fenced.ok() || *fenced != CommitOutcome::fenced) ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  std::vector<std::int64_t> all;
  for (std::uint16_t partition = 0; partition < kPartitions; ++partition) {
    constexpr std::size_t kRows = kWriters * kCommits / kPartitions * 2;
    const std::vector<std::int64_t> numbers = numbers_in(tape(), {Topic::events, partition}, kRows);
    EXPECT_EQ(numbers.size(), kRows);
    std::map<std::int64_t, std::int64_t> last;  // each writer's rows stand in its own order
    for (const std::int64_t number : numbers) {
      const auto [it, first] = last.try_emplace(number / (kCommits * 2), number);
      if (!first) {
        EXPECT_LT(it->second, number);
      }
      it->second = number;
    }
    all.insert(all.end(), numbers.begin(), numbers.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, iota(0, kWriters * kCommits * 2));
  EXPECT_EQ(ok(tape().positions("writer")).size(), static_cast<std::size_t>(kWriters));
}

TEST_P(TapeContract, OfTwoThatRaceOneIsApplied) {
  constexpr int kRounds = 40;
  std::string at;
  std::int64_t rows = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::array<std::string, 2> after = {position(round * 2), position(round * 2 + 1)};
    std::array<base::Result<CommitOutcome>, 2> outcome = {CommitOutcome::fenced, CommitOutcome::fenced};
    std::array<std::thread, 2> threads;
    for (std::size_t i = 0; i < 2; ++i)
      threads[i] = std::thread(
          [&, i] { outcome[i] = commit_one(tape(), "w", at, after[i], {}, numbered_batch(rows)); });
    for (std::thread& thread : threads) thread.join();
    const std::array<CommitOutcome, 2> seen = {ok(outcome[0]), ok(outcome[1])};
    const std::size_t winner = seen[0] == CommitOutcome::applied ? 0 : 1;
    ASSERT_EQ(seen[winner], CommitOutcome::applied);
    ASSERT_EQ(seen[1 - winner], CommitOutcome::fenced);
    at = after[winner];
    ++rows;
  }
  EXPECT_EQ(numbers_in(tape(), {}, static_cast<std::size_t>(rows)), iota(0, static_cast<std::size_t>(rows)));
}

TEST_P(TapeContract, ReadersSeeWholeCommitsOnly) {
  constexpr int kCommits = 150;
  constexpr Place kFirst{Topic::events, 0};
  constexpr Place kSecond{Topic::bars, 3};
  std::thread writer([&] {
    for (int i = 0; i < kCommits; ++i) {
      const std::string batch = numbered_batch(i * 3, 3);
      const std::array<Append, 2> appends = {Append{kFirst.topic, kFirst.partition, batch},
                                             Append{kSecond.topic, kSecond.partition, batch}};
      EXPECT_EQ(
          ok(tape().commit({.writer = "w", .before = before(i), .after = position(i), .appends = appends})),
          CommitOutcome::applied);
    }
  });
  // What one partition shows of a commit, the other shows too; on a tape that is not seen at once, soon.
  const auto first = reader_of(tape(), kFirst);
  const auto second = reader_of(tape(), kSecond);
  TapeBatch batch;
  TapeBatch other;
  for (int i = 0; i < kCommits; ++i) {
    if (!next_batch(*first, batch)) {
      ADD_FAILURE() << "commit " << i << " never came";
      break;
    }
    std::vector<std::int64_t> numbers;
    take_numbers(batch, numbers);
    while (!batches_survive() && numbers.size() < 3 && next_batch(*first, batch))
      take_numbers(batch, numbers);
    EXPECT_EQ(numbers, iota(i * 3, 3));
    const bool there = seen_at_once() ? ok(second->next(other)) : next_batch(*second, other);
    if (!there) {
      ADD_FAILURE() << "half of commit " << i;
      break;
    }
    numbers.clear();
    take_numbers(other, numbers);
    while (!batches_survive() && numbers.size() < 3 && next_batch(*second, other))
      take_numbers(other, numbers);
    EXPECT_EQ(numbers, iota(i * 3, 3));
  }
  writer.join();
}

}  // namespace tickerhouse::contract

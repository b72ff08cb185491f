#include "tests/contract/sink_contract.h"

#include <algorithm>
#include <utility>

#include "market/batch_builder.h"

namespace tickerhouse::contract {

using flow::Offset;
using flow::SinkPosition;
using flow::Topic;

namespace {

constexpr base::TsNanos kStart = 1'767'623'400 * base::kSecond;  // 2026-01-05T14:30:00Z

template <typename T>
T ok(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message();
  return T{};
}

void ok(const base::Status& status) { EXPECT_TRUE(status.ok()) << status.error().message(); }

std::int64_t i64(std::uint64_t value) { return static_cast<std::int64_t>(value); }

// Three symbols in turn; each window comes as revision 0 and, three offsets later, as revision 1.
market::BarRow bar_at(std::uint64_t offset, bool revised) {
  market::BarRow bar;
  const std::int64_t window = i64(offset / 6);
  bar.interval = base::kMinute;
  bar.window_start = kStart + window * base::kMinute;
  bar.window_end = bar.window_start + base::kMinute;
  bar.open_time = bar.window_start + 1;
  bar.close_time = bar.window_end - 1;
  bar.open = bar.low = {150'000'000'000 + i64(offset)};
  bar.high = bar.close = {150'000'000'001 + i64(offset)};
  bar.trade_count = i64(offset) + 1;
  bar.volume = i64(offset) * 1'500'000;
  bar.known = market::known::kVolume;
  bar.trade_date = static_cast<std::int32_t>(bar.window_start / base::kDay);
  bar.revision = revised ? 1 : 0;
  bar.state = revised ? market::BarState::revised : market::BarState::final;
  bar.quality = revised ? market::quality::kLate : std::uint16_t{0};
  return bar;
}

template <typename Row, typename Fill>
std::string sealed(std::uint64_t first, std::uint64_t end, Fill fill) {
  market::BatchBuilder<Row> builder;
  for (std::uint64_t offset = first; offset < end; ++offset) {
    builder.rows.emplace_back();
    fill(builder, builder.rows.back(), offset);
  }
  std::string bytes;
  builder.seal(bytes, first);
  return bytes;
}

std::string symbol_at(SinkPlace place, std::uint64_t offset) {
  return std::string("P").append(std::to_string(place.partition)).append(".").append(1, "ABC"[offset % 3]);
}

}  // namespace

std::string sink_batch(SinkPlace place, std::uint64_t first, std::uint64_t end) {
  switch (place.topic) {
    case Topic::bars:
    case Topic::settled:
      return sealed<market::BarRow>(first, end,
                                    [&](auto& builder, market::BarRow& row, std::uint64_t offset) {
                                      row = bar_at(offset, place.topic == Topic::bars && offset % 6 >= 3);
                                      row.symbol = builder.strings.intern(symbol_at(place, offset));
                                    });
    case Topic::rejects:
      return sealed<market::RejectRow>(
          first, end, [&](auto& builder, market::RejectRow& row, std::uint64_t offset) {
            const std::string raw = std::string("{\"n\":").append(std::to_string(offset));
            row.line = offset + 1;
            row.raw_length = raw.size();
            row.source = builder.strings.intern("feed.jsonl");
            builder.add_text(static_cast<std::uint32_t>(offset - first), raw);
          });
    default:
      return sealed<market::EventRow>(first, end,
                                      [&](auto& builder, market::EventRow& row, std::uint64_t offset) {
                                        row.ts_event = kStart + i64(offset) * base::kSecond;
                                        row.seq = i64(offset);
                                        row.trade.price = {100'000'000'000 + i64(offset)};
                                        row.symbol = builder.strings.intern(symbol_at(place, offset));
                                        row.source = builder.strings.intern("feed.jsonl");
                                      });
  }
}

base::Status apply_rows(flow::Sink& sink, SinkPlace place, std::uint64_t first, std::uint64_t end,
                        std::uint64_t size, std::uint32_t skip) {
  for (std::uint64_t from = first; from < end; from += size) {
    const std::uint64_t to = std::min(end, from + size);
    const std::string bytes = sink_batch(place, from - skip, to);
    flow::ResultBatch batch{place.topic, place.partition, {}};
    ASSIGN_OR_RETURN(batch.rows.bytes, market::BatchBytes::open(bytes));
    batch.rows.first = {from};
    batch.rows.next = {to};
    batch.rows.skip = skip;
    RETURN_IF_ERROR(sink.apply(batch));
  }
  return {};
}

std::vector<SinkPlace> SinkContract::places() {
  std::vector<SinkPlace> places;
  for (const Topic topic : sink().info().topics) {
    places.push_back({topic, 0});
    if (topic != Topic::rejects) places.push_back({topic, 3});
  }
  return places;
}

void SinkContract::apply_everywhere(std::uint64_t first, std::uint64_t end, std::uint64_t size) {
  for (const SinkPlace place : places()) ok(apply_rows(sink(), place, first, end, size));
}

SinkPosition SinkContract::position(std::uint64_t next) {
  SinkPosition position;
  for (const SinkPlace place : places()) position[{place.topic, place.partition}] = {next};
  return position;
}

std::vector<std::string> SinkContract::expected(std::uint64_t rows) {
  const auto other = GetParam().make();
  ok(other->sink().restore());
  for (const SinkPlace place : places()) ok(apply_rows(other->sink(), place, 0, rows, rows));
  ok(other->sink().flush());
  return other->content();
}

TEST_P(SinkContract, ANewTargetStandsAtTheBeginning) {
  EXPECT_FALSE(sink().info().name.empty());
  EXPECT_FALSE(sink().info().topics.empty());
  for (const auto& [place, next] : ok(sink().restore())) EXPECT_EQ(next, Offset{});
  EXPECT_TRUE(content().empty());
}

TEST_P(SinkContract, AFlushSaysHowFarItIs) {
  ok(sink().restore());
  apply_everywhere(0, 20);
  EXPECT_EQ(ok(sink().flush()), position(20));
  EXPECT_EQ(ok(sink().flush()), position(20));
  apply_everywhere(20, 21);
  EXPECT_EQ(ok(sink().flush()), position(21));
  EXPECT_EQ(content(), expected(21));
  EXPECT_FALSE(content().empty());
}

TEST_P(SinkContract, TheSameRowsAgainChangeNothing) {
  ok(sink().restore());
  apply_everywhere(0, 30);
  apply_everywhere(0, 30);
  ok(sink().flush());
  apply_everywhere(0, 30, 4);
  EXPECT_EQ(ok(sink().flush()), position(30));
  EXPECT_EQ(content(), expected(30));
}

TEST_P(SinkContract, RowsThatAreKnownAreLeftOutOfABatch) {
  ok(sink().restore());
  apply_everywhere(0, 20);
  apply_everywhere(10, 30, 20);
  ok(sink().flush());
  apply_everywhere(25, 45, 20);
  EXPECT_EQ(ok(sink().flush()), position(45));
  EXPECT_EQ(content(), expected(45));
}

TEST_P(SinkContract, RowsBeforeTheReadAreSkipped) {
  ok(sink().restore());
  for (const SinkPlace place : places()) {
    ok(apply_rows(sink(), place, 0, 20));
    ok(apply_rows(sink(), place, 20, 40, 5, 9));
  }
  EXPECT_EQ(ok(sink().flush()), position(40));
  EXPECT_EQ(content(), expected(40));
}

TEST_P(SinkContract, HowRowsAreCutChangesNothing) {
  ok(sink().restore());
  std::uint64_t done = 0;
  for (const std::uint64_t size : {1U, 2U, 3U, 50U, 5U, 11U}) {
    apply_everywhere(done, done + size, size == 50 ? 13 : size);
    done += size;
    EXPECT_EQ(ok(sink().flush()), position(done));
  }
  EXPECT_EQ(content(), expected(done));
}

TEST_P(SinkContract, PlacesAreIndependent) {
  ok(sink().restore());
  SinkPosition last;
  std::uint64_t rows = 10;
  for (const SinkPlace place : places()) {
    ok(apply_rows(sink(), place, 0, rows));
    last[{place.topic, place.partition}] = {rows};
    ++rows;
  }
  EXPECT_EQ(ok(sink().flush()), last);
}

TEST_P(SinkContract, WhatWasFlushedSurvives) {
  if (!durable()) return;
  ok(sink().restore());
  apply_everywhere(0, 25);
  ok(sink().flush());
  for (std::uint64_t done = 25; done < 60; done += 7) {
    reopen();
    EXPECT_EQ(ok(sink().restore()), position(done));
    EXPECT_EQ(content(), expected(done));
    apply_everywhere(done, done + 7);
    ok(sink().flush());
  }
}

TEST_P(SinkContract, WhatWasNotFlushedIsNotThere) {
  if (!durable()) return;
  ok(sink().restore());
  apply_everywhere(0, 20);
  ok(sink().flush());
  apply_everywhere(20, 40);
  EXPECT_EQ(content(), expected(20));
  reopen();
  EXPECT_EQ(ok(sink().restore()), position(20));
  EXPECT_EQ(content(), expected(20));
  apply_everywhere(20, 40);
  EXPECT_EQ(ok(sink().flush()), position(40));
  EXPECT_EQ(content(), expected(40));
}

TEST_P(SinkContract, RestoreGoesBackToTheLastFlush) {
  if (!durable()) return;
  ok(sink().restore());
  apply_everywhere(0, 20);
  ok(sink().flush());
  apply_everywhere(20, 33);
  EXPECT_EQ(ok(sink().restore()), position(20));
  apply_everywhere(20, 26);
  EXPECT_EQ(ok(sink().flush()), position(26));
  EXPECT_EQ(content(), expected(26));
}

}  // namespace tickerhouse::contract

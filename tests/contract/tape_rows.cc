#include "tests/contract/tape_rows.h"

#include <array>
#include <memory>
#include <numeric>

#include "market/batch_builder.h"
#include "market/event.h"

namespace tickerhouse::contract {

using flow::Append;
using flow::CommitOutcome;
using flow::Offset;
using flow::TapeBatch;

void take_numbers(const TapeBatch& batch, std::vector<std::int64_t>& numbers) {
  const auto rows = market::EventBatchView(batch.bytes).rows();
  for (std::size_t i = batch.skip; i < rows.size(); ++i) numbers.push_back(rows[i].seq);
}

std::string numbered_batch(std::int64_t number, std::size_t count) {
  market::EventBatchBuilder builder;
  const std::uint16_t symbol = builder.strings.intern("AAPL");
  for (std::size_t i = 0; i < count; ++i) {
    market::EventRow& row = builder.rows.emplace_back();
    row.seq = number + static_cast<std::int64_t>(i);
    row.symbol = symbol;
    row.ts_event = base::kSecond;
    row.trade.price.units = 1;
  }
  std::string bytes;
  builder.seal(bytes, static_cast<std::uint64_t>(number));
  return bytes;
}

std::vector<std::int64_t> numbers_from(flow::TapeReader& reader, std::size_t count) {
  std::vector<std::int64_t> numbers;
  TapeBatch batch;
  wait_for([&] {
    while (ok(reader.next(batch))) take_numbers(batch, numbers);
    return numbers.size() >= count;
  });
  return numbers;
}

std::vector<std::int64_t> numbers_in(flow::Tape& tape, Place place, std::size_t count, Offset from) {
  const auto reader = ok(tape.read(place.topic, place.partition, from));
  return reader == nullptr ? std::vector<std::int64_t>() : numbers_from(*reader, count);
}

std::vector<std::int64_t> iota(std::int64_t first, std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

base::Result<CommitOutcome> commit_one(flow::Tape& tape, std::string_view writer, std::string_view before,
                                       std::string_view after, Place place, std::string_view batch) {
  const std::array<Append, 1> appends = {Append{place.topic, place.partition, batch}};
  return tape.commit({.writer = writer, .before = before, .after = after, .appends = appends});
}

}  // namespace tickerhouse::contract

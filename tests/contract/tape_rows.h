// Rows that are told apart by a number, put on a tape and read back.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "flow/tape.h"

namespace tickerhouse::contract {

// The value, or a failure of the test and an empty one.
template <typename T>
T ok(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message();
  return T{};
}

// Waits for `done`; false if it has not come true within the deadline.
template <typename Condition>
bool wait_for(Condition done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A sealed batch of `count` events whose seq are number, number + 1, ...
std::string numbered_batch(std::int64_t number, std::size_t count = 1);

// Adds the numbers of the batch's rows that belong to the read.
void take_numbers(const flow::TapeBatch& batch, std::vector<std::int64_t>& numbers);

// The numbers of the rows a reader gives, until `count` have come or nothing more comes for a while; a row
// too many is in the answer.
std::vector<std::int64_t> numbers_from(flow::TapeReader& reader, std::size_t count);

struct Place {
  flow::Topic topic = flow::Topic::events;
  std::uint16_t partition = 0;
};
std::vector<std::int64_t> numbers_in(flow::Tape& tape, Place place, std::size_t count,
                                     flow::Offset from = {});

std::vector<std::int64_t> iota(std::int64_t first, std::size_t count);

// One commit of one batch.
base::Result<flow::CommitOutcome> commit_one(flow::Tape& tape, std::string_view writer,
                                             std::string_view before, std::string_view after, Place place,
                                             std::string_view batch);

}  // namespace tickerhouse::contract

// What every tape must do, written against flow::Tape only. A tape passes when its own test file instantiates
// the suite:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, TapeContract, testing::Values(TapeCase{...}), tape_case_name);
//
// The suite never computes with offsets unless the tape says that they count rows, and it waits for rows
// instead of expecting them at once unless the tape says that a commit is seen everywhere the moment commit()
// returns.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/tape.h"

namespace tickerhouse::contract {

// One tape with whatever it stands on; the destructor removes it.
class TapeUnderTest {
 public:
  virtual ~TapeUnderTest() = default;
  virtual flow::Tape& tape() = 0;
  // As if the process had ended and begun again: what was committed stays. tape() is another object
  // afterwards.
  virtual void reopen() = 0;
};

struct TapeCase {
  std::string name;
  std::function<std::unique_ptr<TapeUnderTest>()> make;
  bool offsets_count_rows = true;  // from 0 per topic and partition, without holes
  bool seen_at_once = true;        // rows and positions are there, in every partition, when commit() returns
  std::size_t batch_bytes_max = 8U << 20U;
  std::uint16_t partition_last = 0xFFFF;
};

inline std::string tape_case_name(const testing::TestParamInfo<TapeCase>& info) { return info.param.name; }

class TapeContract : public testing::TestWithParam<TapeCase> {
 protected:
  void SetUp() override { under_test_ = GetParam().make(); }
  flow::Tape& tape() { return under_test_->tape(); }
  void reopen() { under_test_->reopen(); }
  [[nodiscard]] bool offsets_count_rows() const { return GetParam().offsets_count_rows; }
  [[nodiscard]] bool seen_at_once() const { return GetParam().seen_at_once; }

 private:
  std::unique_ptr<TapeUnderTest> under_test_;
};

// A sealed batch of `count` events whose seq are number, number + 1, ...
std::string numbered_batch(std::int64_t number, std::size_t count = 1);

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

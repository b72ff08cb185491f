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
  // A second object over the same storage, as another process has one; tape() itself where there can be only
  // one.
  virtual flow::Tape& other() { return tape(); }
};

struct TapeCase {
  std::string name;
  std::function<std::unique_ptr<TapeUnderTest>()> make;
  bool offsets_count_rows = true;  // from 0 per topic and partition, without holes
  bool seen_at_once = true;        // rows and positions are there, in every partition, when commit() returns
  bool batches_survive = true;     // a batch comes back as it was put, and is cut whole
  std::size_t batch_bytes_max = 8U << 20U;
  std::uint16_t partition_last = 0xFFFF;
};

inline std::string tape_case_name(const testing::TestParamInfo<TapeCase>& info) { return info.param.name; }

class TapeContract : public testing::TestWithParam<TapeCase> {
 protected:
  void SetUp() override { under_test_ = GetParam().make(); }
  flow::Tape& tape() { return under_test_->tape(); }
  flow::Tape& other() { return under_test_->other(); }
  void reopen() { under_test_->reopen(); }
  [[nodiscard]] bool offsets_count_rows() const { return GetParam().offsets_count_rows; }
  [[nodiscard]] bool seen_at_once() const { return GetParam().seen_at_once; }
  [[nodiscard]] bool batches_survive() const { return GetParam().batches_survive; }

 private:
  std::unique_ptr<TapeUnderTest> under_test_;
};

}  // namespace tickerhouse::contract

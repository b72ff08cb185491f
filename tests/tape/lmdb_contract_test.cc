#include <gtest/gtest.h>

#include <memory>

#include "tests/contract/tape_contract.h"
#include "tests/tape/lmdb_support.h"

namespace tickerhouse::contract {
namespace {

class LmdbUnderTest final : public TapeUnderTest {
 public:
  explicit LmdbUnderTest(tape::Durability durability) {
    options_.directory = directory_.file("tape");
    options_.durability = durability;
    options_.low_disk_bytes = 1;
    tape_ = open_or_fail(options_);
  }
  flow::Tape& tape() override { return *tape_; }
  void reopen() override {
    tape_.reset();
    tape_ = open_or_fail(options_);
  }

 private:
  TestDirectory directory_;
  tape::LmdbTapeOptions options_;
  std::unique_ptr<flow::Tape> tape_;
};

TapeCase lmdb(const char* name, tape::Durability durability) {
  return {.name = name, .make = [durability] { return std::make_unique<LmdbUnderTest>(durability); }};
}

INSTANTIATE_TEST_SUITE_P(Lmdb, TapeContract,
                         testing::Values(lmdb("fsync", tape::Durability::fsync),
                                         lmdb("os", tape::Durability::os)),
                         tape_case_name);

}  // namespace
}  // namespace tickerhouse::contract

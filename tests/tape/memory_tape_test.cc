#include "tape/memory_tape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/contract/tape_contract.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse::contract {
namespace {

class MemoryUnderTest final : public TapeUnderTest {
 public:
  flow::Tape& tape() override { return *tape_; }
  void reopen() override {}  // the tape is what outlives the pipeline of a simulation

 private:
  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
};

INSTANTIATE_TEST_SUITE_P(Memory, TapeContract,
                         testing::Values(TapeCase{
                             .name = "memory", .make = [] { return std::make_unique<MemoryUnderTest>(); }}),
                         tape_case_name);

TEST(MemoryTape, FailsWhereItIsTold) {
  std::string failing;
  std::vector<std::string> steps;
  const auto tape = tape::make_memory_tape({.fail = [&](std::string_view step) -> base::Status {
    steps.emplace_back(step);
    if (step == failing) return base::Error{base::ErrorCode::no_space, "as asked", ""};
    return {};
  }});
  const std::string batch = numbered_batch(0);
  failing = "commit";
  EXPECT_EQ(commit_one(*tape, "w", "", "p0", {}, batch).error().code, base::ErrorCode::no_space);
  failing = "";
  EXPECT_EQ(*commit_one(*tape, "w", "", "p0", {}, batch), flow::CommitOutcome::applied);
  EXPECT_EQ(steps, (std::vector<std::string>{"commit", "commit", "answer"}));
  failing = "answer";
  EXPECT_FALSE(commit_one(*tape, "w", "p0", "p1", {}, numbered_batch(1)).ok());
  failing = "";
  EXPECT_EQ(*commit_one(*tape, "w", "p0", "p1", {}, numbered_batch(1)), flow::CommitOutcome::already_applied);
  EXPECT_EQ(numbers_in(*tape, {}, 2), iota(0, 2));
  failing = "read";
  EXPECT_FALSE((*tape->read(flow::Topic::events, 0, {}))->next(*std::make_unique<flow::TapeBatch>()).ok());
  failing = "end";
  EXPECT_FALSE(tape->end(flow::Topic::events, 0).ok());
  failing = "positions";
  EXPECT_FALSE(tape->positions("").ok());
}

}  // namespace
}  // namespace tickerhouse::contract

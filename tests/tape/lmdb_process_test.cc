// The tape between processes, and when they are killed.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/tape/lmdb_support.h"

namespace tickerhouse::contract {
namespace {

using tests::ChildProcess;
constexpr const char* kChild = "tape_child";

std::string counted(std::int64_t commits) {
  return std::to_string(commits * 10)
      .append(" ")
      .append(std::to_string(commits * 100))
      .append(" ")
      .append(std::to_string(commits));
}

TEST(LmdbProcesses, OneReadsWhileAnotherWrites) {
  const TestDirectory directory;
  ChildProcess writer(kChild, {"write", directory.path(), "os"});
  ASSERT_EQ(writer.line(), "1");
  ChildProcess reader(kChild, {"follow", directory.path(), "2000"});
  ASSERT_EQ(reader.line(), "ready");
  const std::string seen = reader.line();
  std::int64_t events = 0;
  std::int64_t bars = 0;
  std::int64_t commits = 0;
  ASSERT_EQ(std::sscanf(seen.c_str(), "%ld %ld %ld", &events, &bars, &commits), 3) << seen;
  EXPECT_GE(events, 2'000);
  EXPECT_GE(bars, events * 10);
  EXPECT_GE(commits, bars / 100);
  EXPECT_EQ(reader.wait(), 0);
  EXPECT_FALSE(writer.line().empty());  // still writing
}

TEST(LmdbProcesses, AReaderNeedsNoWriter) {
  const TestDirectory directory;
  const auto missing = tape::open_lmdb_tape({.directory = directory.file("none"), .read_only = true});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, base::ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(directory.file("none")));
  EXPECT_EQ(tape::open_lmdb_tape({.directory = directory.path(), .read_only = true}).error().code,
            base::ErrorCode::not_found);
  {
    const auto tape = open_or_fail({.directory = directory.path()});
    ASSERT_TRUE(commit_one(*tape, "w", "", "p", {}, numbered_batch(0, 10)).ok());
  }
  ChildProcess reader(kChild, {"count", directory.path()});
  EXPECT_EQ(reader.line(), "10 0 p");
  EXPECT_EQ(reader.wait(), 0);
  const auto tape = open_or_fail({.directory = directory.path(), .read_only = true});
  EXPECT_EQ(numbers_in(*tape, {}, 10), iota(0, 10));
  EXPECT_EQ(commit_one(*tape, "w", "p", "q", {}, numbered_batch(10)).error().code,
            base::ErrorCode::invalid_argument);
}

TEST(LmdbProcesses, OneWriterAtATime) {
  const TestDirectory directory;
  ChildProcess writer(kChild, {"write", directory.path(), "os"});
  ASSERT_EQ(writer.line(), "1");
  const auto second = tape::open_lmdb_tape({.directory = directory.path(), .patience = 0});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, base::ErrorCode::busy);
  writer.kill();
  const auto tape = open_or_fail({.directory = directory.path()});
  ASSERT_NE(tape, nullptr);
  // LMDB would lose its locks if one process had a tape open twice.
  EXPECT_EQ(tape::open_lmdb_tape({.directory = directory.path(), .read_only = true}).error().code,
            base::ErrorCode::busy);
}

TEST(LmdbProcesses, AReaderFollowsATapeThatWasMadeLarger) {
  const TestDirectory directory;
  const std::string batch = numbered_batch(0, 1'000);
  {
    const auto tape = open_or_fail({.directory = directory.path(), .size_max = 1U << 20U});
    ASSERT_TRUE(commit_one(*tape, "w", "", "0", {}, batch).ok());
  }
  ChildProcess reader(kChild, {"follow", directory.path(), "100000"});
  ASSERT_EQ(reader.line(), "ready");
  const auto tape =
      open_or_fail({.directory = directory.path(), .size_max = 64U << 20U, .low_disk_bytes = 1});
  for (int i = 1; i < 100; ++i) {
    const std::string before = std::to_string(i - 1);
    ASSERT_TRUE(commit_one(*tape, "w", before, std::to_string(i), {}, numbered_batch(i * 1'000, 1'000)).ok());
  }
  EXPECT_EQ(reader.line(), "100000 0 99");
}

class LmdbKill : public testing::TestWithParam<const char*> {};

TEST_P(LmdbKill, AKilledWriterLeavesNothingHalf) {
  const TestDirectory directory;
  std::int64_t commits = 0;
  for (int round = 0; round < 25; ++round) {
    ChildProcess writer(kChild, {"write", directory.path(), GetParam()});
    std::int64_t said = 0;
    for (int i = 0; i <= round * 3 % 17; ++i) said = std::stoll(writer.line());
    EXPECT_GT(said, commits);
    writer.kill();
    for (std::string line = writer.line(); !line.empty(); line = writer.line()) said = std::stoll(line);
    ChildProcess reader(kChild, {"count", directory.path()});
    const std::string seen = reader.line();
    // Everything that was answered is there; one commit more may have been applied and not answered.
    EXPECT_TRUE(seen == counted(said) || seen == counted(said + 1)) << seen << " after " << said;
    commits = said;
  }
}

INSTANTIATE_TEST_SUITE_P(Durability, LmdbKill, testing::Values("fsync", "os"),
                         [](const testing::TestParamInfo<const char*>& one) {
                           return std::string(one.param);
                         });

}  // namespace
}  // namespace tickerhouse::contract

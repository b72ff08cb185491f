#include "runtime/checkpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "runtime/checkpoint_directory.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using tests::FakeDisk;

Checkpoint checkpoint_at(std::uint64_t next, std::string state) {
  Checkpoint checkpoint;
  checkpoint.progress.next.value = next;
  checkpoint.progress.sequences = {next, 2, 3};
  checkpoint.state = std::move(state);
  return checkpoint;
}

TEST(Checkpoint, TheNewestThreeAreKept) {
  FakeDisk disk;
  CheckpointDirectory files(disk, "d");
  Checkpoints checkpoints(files, 7);
  for (const std::uint64_t next : {5U, 90U, 100U, 1'000U, 99'999U})
    ASSERT_TRUE(checkpoints.save(checkpoint_at(next, "s"), "p").ok());
  ASSERT_TRUE(Checkpoints(files, 77).save(checkpoint_at(1, "other"), "p").ok());
  std::vector<std::string> damaged;
  EXPECT_EQ(disk.files.size(), 4U);
  EXPECT_EQ(checkpoints.load({{0}, {99'998}}, damaged).value()->progress.next.value, 1'000U);
  EXPECT_EQ(checkpoints.load({{0}, {999}}, damaged).value()->progress.next.value, 100U);
  EXPECT_FALSE(checkpoints.load({{0}, {99}}, damaged).value().has_value()) << "those before are gone";
  EXPECT_EQ(checkpoints.load({{1'000}, {99'998}}, damaged).value()->progress.next.value, 1'000U);
  EXPECT_FALSE(checkpoints.load({{1'001}, {99'998}}, damaged).value().has_value()) << "the tape was cut";
  EXPECT_TRUE(damaged.empty());
}

TEST(Checkpoint, EveryFlippedByteAndEveryCutIsNoticed) {
  FakeDisk disk;
  CheckpointDirectory files(disk, "d");
  Checkpoints checkpoints(files, 0);
  ASSERT_TRUE(checkpoints.save(checkpoint_at(5, "older"), "p").ok());
  ASSERT_TRUE(checkpoints.save(checkpoint_at(6, "the state of a shard"), "p").ok());
  const std::string path = std::prev(disk.files.end())->first;
  const std::string whole = disk.files[path];
  const auto expect_older = [&](std::size_t place) {
    std::vector<std::string> damaged;
    const auto loaded = checkpoints.load({{0}, {10}}, damaged);
    ASSERT_TRUE(loaded.ok() && loaded->has_value()) << place;
    EXPECT_EQ((*loaded)->state, "older") << place;
    EXPECT_EQ(damaged.size(), 1U) << place;
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    disk.files[path] = whole;
    disk.files[path][i] = static_cast<char>(disk.files[path][i] ^ 0x40);
    expect_older(i);
    disk.files[path] = whole.substr(0, i);
    expect_older(i);
  }
  disk.files[path] = whole + "x";
  expect_older(whole.size());
}

TEST(Checkpoint, NoneIsNoError) {
  FakeDisk disk;
  CheckpointDirectory files(disk, "d");
  std::vector<std::string> damaged;
  const auto loaded = Checkpoints(files, 0).load({{0}, {10}}, damaged);
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->has_value());
}

}  // namespace
}  // namespace tickerhouse::runtime

// Files replaced whole, and locks that have one owner.
#include "base/disk.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tickerhouse::base {
namespace {

class DiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickerhouse_disk_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string folder_;
};

TEST_F(DiskTest, AFileIsReplacedWhole) {
  Disk& disk = system_disk();
  const std::string path = folder_ + "/settings";
  EXPECT_EQ(disk.read_file(path).error().code, ErrorCode::not_found);
  for (const std::string& content : {std::string("a\0b\n", 4), std::string(), std::string(100'000, 'x')}) {
    ASSERT_TRUE(disk.replace_file(path, content).ok());
    EXPECT_EQ(disk.read_file(path).value(), content);
  }
  EXPECT_EQ(disk.list(folder_).value(), std::vector<std::string>{"settings"});  // no staging is left
  ASSERT_TRUE(disk.remove(path).ok());
  EXPECT_TRUE(disk.remove(path).ok());
  EXPECT_TRUE(disk.list(folder_).value().empty());
  EXPECT_TRUE(disk.list(folder_ + "/none").value().empty());
  EXPECT_FALSE(disk.replace_file(folder_ + "/none/settings", "x").ok());
  EXPECT_GT(disk.free_bytes(folder_).value(), 0U);
}

TEST_F(DiskTest, WhatAKilledWriterLeftDoesNotShow) {
  ASSERT_TRUE(system_disk().replace_file(folder_ + "/settings.staging", std::string(1000, 'x')).ok());
  ASSERT_TRUE(system_disk().replace_file(folder_ + "/settings", "new").ok());
  EXPECT_EQ(system_disk().read_file(folder_ + "/settings").value(), "new");
}

TEST_F(DiskTest, NamesAreSorted) {
  for (const char* name : {"b", "a", "B", "10", "9"})
    ASSERT_TRUE(system_disk().replace_file(folder_ + "/" + name, "").ok());
  EXPECT_EQ(system_disk().list(folder_).value(), (std::vector<std::string>{"10", "9", "B", "a", "b"}));
}

TEST_F(DiskTest, ALockHasOneOwnerWhoIsNamed) {
  const std::string path = folder_ + "/lock";
  EXPECT_FALSE(is_locked(path));
  {
    auto lock = FileLock::acquire(path, 0);
    ASSERT_TRUE(lock.ok());
    EXPECT_TRUE(is_locked(path));
    const auto second = FileLock::acquire(path, 0);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, ErrorCode::busy);
    EXPECT_NE(second.error().what.find(std::to_string(::getpid())), std::string::npos);
    const FileLock moved = std::move(*lock);
    EXPECT_TRUE(is_locked(path));
  }
  EXPECT_FALSE(is_locked(path));
  EXPECT_TRUE(FileLock::acquire(path, 0).ok());
  EXPECT_EQ(FileLock::acquire(folder_ + "/none/lock", 0).error().code, ErrorCode::io);
}

}  // namespace
}  // namespace tickerhouse::base

// The tape when there is no room, when the disk fails, and when its bytes have changed.
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "market/batch_builder.h"
#include "tests/tape/disk_faults_support.h"
#include "tests/tape/lmdb_support.h"

namespace tickerhouse::contract {
namespace {

using base::ErrorCode;
using flow::Claim;
using flow::CommitOutcome;

// The system's disk but for what it says of free space.
class SmallDisk final : public base::Disk {
 public:
  std::uint64_t free = 1ULL << 40U;
  base::Result<std::string> read_file(const std::string& path) override {
    return base::system_disk().read_file(path);
  }
  base::Status replace_file(const std::string& path, const std::string& content) override {
    return base::system_disk().replace_file(path, content);
  }
  base::Result<std::vector<std::string>> list(const std::string& directory) override {
    return base::system_disk().list(directory);
  }
  base::Status remove(const std::string& path) override { return base::system_disk().remove(path); }
  base::Result<std::uint64_t> free_bytes(const std::string&) override { return free; }
};

// Commits of one writer, one after the other.
class Steps {
 public:
  explicit Steps(flow::Tape& tape) : tape_(&tape) {}
  void go_on_with(flow::Tape& tape) { tape_ = &tape; }
  base::Result<CommitOutcome> commit(Claim claim, std::size_t rows) {
    const std::string batch = numbered_batch(rows_, rows);
    const std::array<flow::Append, 1> appends = {flow::Append{flow::Topic::events, 0, batch}};
    const std::string before = step_ == 0 ? std::string() : std::to_string(step_);
    auto outcome = tape_->commit({.writer = "w",
                                  .before = before,
                                  .after = std::to_string(step_ + 1),
                                  .appends = appends,
                                  .claim = claim});
    if (outcome.ok() && *outcome == CommitOutcome::applied) {
      ++step_;
      rows_ += static_cast<std::int64_t>(rows);
    }
    return outcome;
  }
  // Commits until one is refused, and the code of the refusal.
  ErrorCode fill(Claim claim, std::size_t rows) {
    for (int i = 0; i < 1'000'000; ++i) {
      const auto outcome = commit(claim, rows);
      if (!outcome.ok()) return outcome.error().code;
      if (*outcome != CommitOutcome::applied) break;
    }
    ADD_FAILURE() << "nothing was refused";
    return ErrorCode::check_failed;
  }
  void expect_all() const {
    const auto rows = static_cast<std::size_t>(rows_);
    EXPECT_EQ(numbers_in(*tape_, {}, rows), iota(0, rows));
    EXPECT_EQ(*flow::position_of(*tape_, "w"), step_ == 0 ? std::string() : std::to_string(step_));
  }
  [[nodiscard]] std::int64_t rows() const { return rows_; }

 private:
  flow::Tape* tape_;
  int step_ = 0;
  std::int64_t rows_ = 0;
};

// ---- the map is full

TEST(LmdbLimits, AFullTapePausesIngestThenResultsAndStaysReadable) {
  for (const std::size_t rows : {std::size_t{3}, std::size_t{700}}) {
    const TestDirectory directory;
    tape::LmdbTapeOptions options{.directory = directory.path(),
                                  .size_max = 4U << 20U,
                                  .durability = tape::Durability::os,
                                  .low_disk_bytes = 1};
    auto tape = open_or_fail(options);
    Steps steps(*tape);
    EXPECT_EQ(steps.fill(Claim::ingest, rows), ErrorCode::no_space);
    const auto paused = tape::usage_of(*tape);
    EXPECT_EQ(paused->bytes_max, 4U << 20U);
    EXPECT_GE(paused->bytes_used, paused->bytes_max / 100 * 90);
    EXPECT_LE(paused->bytes_used, paused->bytes_max / 100 * 95);
    EXPECT_EQ(*steps.commit(Claim::results, 1), CommitOutcome::applied);
    const std::int64_t at_pause = steps.rows();
    EXPECT_EQ(steps.fill(Claim::results, rows), ErrorCode::no_space);
    EXPECT_GT(steps.rows(), at_pause);
    EXPECT_TRUE(tape::usage_of(*tape)->ingest_paused);
    EXPECT_FALSE(tape::usage_of(*tape)->stopped);
    steps.expect_all();
    EXPECT_EQ(steps.commit(Claim::results, rows).error().code, ErrorCode::no_space);
    tape.reset();
    tape = open_or_fail(options);
    steps.go_on_with(*tape);
    steps.expect_all();
    EXPECT_EQ(steps.commit(Claim::ingest, 1).error().code, ErrorCode::no_space);
    tape.reset();
    options.size_max = 8U << 20U;  // made larger: it goes on
    tape = open_or_fail(options);
    steps.go_on_with(*tape);
    EXPECT_EQ(*steps.commit(Claim::ingest, rows), CommitOutcome::applied);
    steps.expect_all();
  }
}

TEST(LmdbLimits, ACommitThatIsTooLargeKeepsNoneOutThatFits) {
  const TestDirectory directory;
  const auto tape = open_or_fail({.directory = directory.path(), .size_max = 2U << 20U, .low_disk_bytes = 1});
  const std::string large = numbered_batch(0, 100'000);
  std::thread other([&] {
    for (int i = 0; i < 20; ++i)
      EXPECT_EQ(commit_one(*tape, "large", "", "p", {}, large).error().code, ErrorCode::no_space);
  });
  Steps steps(*tape);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(*steps.commit(Claim::results, 3), CommitOutcome::applied);
  other.join();
  steps.expect_all();
}

TEST(LmdbLimits, AlreadyAppliedNeedsNoRoom) {
  const TestDirectory directory;
  SmallDisk disk;
  const auto tape = open_or_fail({.directory = directory.path(), .disk = &disk});
  const auto commit = [&](const char* before, const char* after) {
    return tape->commit(
        {.writer = "w", .before = before, .after = after, .appends = {}, .claim = Claim::ingest});
  };
  EXPECT_EQ(*commit("", "p0"), CommitOutcome::applied);
  disk.free = 0;
  EXPECT_EQ(*commit("", "p0"), CommitOutcome::already_applied);
  EXPECT_EQ(*commit("x", "y"), CommitOutcome::fenced);
  EXPECT_EQ(commit("p0", "p1").error().code, ErrorCode::no_space);
}

// ---- the disk is full

TEST(LmdbLimits, ALowDiskPausesIngestUntilThereIsSpace) {
  const TestDirectory directory;
  SmallDisk disk;
  const auto tape = open_or_fail({.directory = directory.path(), .disk = &disk});
  Steps steps(*tape);
  EXPECT_EQ(*steps.commit(Claim::ingest, 5), CommitOutcome::applied);
  disk.free = (256ULL << 20U) - 1;
  EXPECT_EQ(steps.commit(Claim::ingest, 5).error().code, ErrorCode::no_space);
  EXPECT_TRUE(tape::usage_of(*tape)->ingest_paused);
  EXPECT_EQ(*steps.commit(Claim::results, 5), CommitOutcome::applied);
  disk.free = 1ULL << 40U;
  EXPECT_EQ(*steps.commit(Claim::ingest, 5), CommitOutcome::applied);
  EXPECT_FALSE(tape::usage_of(*tape)->ingest_paused);
  steps.expect_all();
}

// A file system of `bytes`, if this process may mount one.
class SmallFileSystem {
 public:
  explicit SmallFileSystem(std::string path, const char* options) : path_(std::move(path)) {
    std::filesystem::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options) == 0;
  }
  ~SmallFileSystem() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;
  [[nodiscard]] bool mounted() const { return mounted_; }

 private:
  std::string path_;
  bool mounted_ = false;
};

class LmdbDurability : public testing::TestWithParam<tape::Durability> {};
INSTANTIATE_TEST_SUITE_P(Durability, LmdbDurability,
                         testing::Values(tape::Durability::fsync, tape::Durability::os),
                         [](const testing::TestParamInfo<tape::Durability>& one) {
                           return std::string(one.param == tape::Durability::os ? "os" : "fsync");
                         });

TEST_P(LmdbDurability, AFullFileSystemIsSurvived) {
  const TestDirectory directory;
  const SmallFileSystem small(directory.file("small"), "size=3m");
  if (!small.mounted()) return;  // not allowed here; the same with injected faults: WritesThatFindNoSpace
  const std::string ballast = directory.file("small/ballast");
  const tape::LmdbTapeOptions options{
      .directory = directory.file("small/tape"), .durability = GetParam(), .low_disk_bytes = 1};
  std::ofstream(ballast) << std::string(1U << 20U, 'x');
  auto tape = open_or_fail(options);
  Steps steps(*tape);
  for (const std::size_t rows : {std::size_t{700}, std::size_t{50}, std::size_t{1}}) {
    EXPECT_EQ(steps.fill(Claim::results, rows), ErrorCode::no_space);
    steps.expect_all();
  }
  EXPECT_FALSE(tape::usage_of(*tape)->stopped);
  std::filesystem::remove(ballast);
  EXPECT_EQ(*steps.commit(Claim::results, 700), CommitOutcome::applied);  // space is back: it goes on
  steps.expect_all();
  tape.reset();
  tape = open_or_fail(options);
  steps.go_on_with(*tape);
  steps.expect_all();
}

TEST_P(LmdbDurability, WritesThatFindNoSpaceFailThatCommitOnly) {
  const TestDirectory directory;
  SmallDisk disk;
  const tape::LmdbTapeOptions options{
      .directory = directory.path(), .durability = GetParam(), .disk = &disk, .low_disk_bytes = 1};
  auto tape = open_or_fail(options);
  Steps steps(*tape);
  EXPECT_EQ(*steps.commit(Claim::results, 100), CommitOutcome::applied);
  const auto fails_once = [&](DiskFaults faults) {
    disk_faults() = faults;
    EXPECT_EQ(steps.commit(Claim::results, 100).error().code, ErrorCode::no_space);
    disk_faults() = {};
    EXPECT_FALSE(tape::usage_of(*tape)->stopped);
    EXPECT_EQ(*steps.commit(Claim::results, 100), CommitOutcome::applied);
    steps.expect_all();
  };
  fails_once({.pwrite_errno = ENOSPC});
  fails_once({.pwrite_errno = EDQUOT});
  disk.free = 1U << 20U;
  fails_once({.pwrite_short = true});
  tape.reset();
  tape = open_or_fail(options);
  steps.go_on_with(*tape);
  steps.expect_all();
}

// After this LMDB refuses everything until the environment is opened again, which the next commit does.
TEST_P(LmdbDurability, AMetaPageThatFindsNoSpaceIsSurvived) {
  const TestDirectory directory;
  auto tape = open_or_fail({.directory = directory.path(), .durability = GetParam(), .low_disk_bytes = 1});
  Steps steps(*tape);
  EXPECT_EQ(*steps.commit(Claim::results, 100), CommitOutcome::applied);
  auto reader = *tape->read(flow::Topic::events, 0, {});
  flow::TapeBatch batch;
  ASSERT_TRUE(*reader->next(batch));
  disk_faults().meta_errno = ENOSPC;
  EXPECT_EQ(steps.commit(Claim::results, 100).error().code, ErrorCode::no_space);
  disk_faults() = {};
  // The batch is still being looked at, so nothing is exchanged under it.
  EXPECT_EQ(steps.commit(Claim::results, 100).error().code, ErrorCode::busy);
  EXPECT_EQ(market::EventBatchView(batch.bytes).rows().back().seq, 99);
  EXPECT_FALSE(reader->next(batch).ok());
  EXPECT_EQ(*steps.commit(Claim::results, 100), CommitOutcome::applied);
  EXPECT_EQ(numbers_from(*reader, 100), iota(100, 100));
  steps.expect_all();
}

// ---- the disk fails

TEST(LmdbLimits, AFailedSyncStopsTheTapeUntilItIsOpenedAgain) {
  const TestDirectory directory;
  auto tape = open_or_fail({.directory = directory.path(), .low_disk_bytes = 1});
  Steps steps(*tape);
  EXPECT_EQ(*steps.commit(Claim::results, 10), CommitOutcome::applied);
  disk_faults().fdatasync_errno = EIO;
  EXPECT_EQ(steps.commit(Claim::results, 10).error().code, ErrorCode::io);
  disk_faults() = {};
  EXPECT_EQ(steps.commit(Claim::results, 10).error().code, ErrorCode::io);
  EXPECT_TRUE(tape::usage_of(*tape)->stopped);
  steps.expect_all();  // what was committed before can be read
  tape.reset();
  EXPECT_TRUE(std::filesystem::exists(directory.file("open")));
  tape = open_or_fail({.directory = directory.path(), .low_disk_bytes = 1});
  steps.go_on_with(*tape);
  EXPECT_EQ(*steps.commit(Claim::results, 10), CommitOutcome::applied);
  steps.expect_all();
}

TEST_P(LmdbDurability, AFailedWriteStopsTheTape) {
  const TestDirectory directory;
  const auto tape =
      open_or_fail({.directory = directory.path(), .durability = GetParam(), .low_disk_bytes = 1});
  Steps steps(*tape);
  EXPECT_EQ(*steps.commit(Claim::results, 100), CommitOutcome::applied);
  disk_faults().pwrite_errno = EIO;
  EXPECT_EQ(steps.commit(Claim::results, 100).error().code, ErrorCode::io);
  disk_faults() = {};
  EXPECT_EQ(steps.commit(Claim::results, 100).error().code, ErrorCode::io);
  steps.expect_all();
}

// ---- damage and versions

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void overwrite(const std::string& path, std::size_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

// Flips one bit of the last copy of `needle` in the tape's file.
void damage(const std::string& path, const std::string& needle) {
  const std::string content = content_of(path);
  const std::size_t at = content.rfind(needle);
  ASSERT_NE(at, std::string::npos);
  overwrite(path, at, static_cast<char>(content[at] ^ 1));
}

void three_batches(const tape::LmdbTapeOptions& options) {
  const auto tape = open_or_fail(options);
  const auto batch = [](const char* symbol, std::size_t rows) {
    market::EventBatchBuilder builder;
    builder.strings.intern(symbol);
    builder.rows.resize(rows);
    std::string bytes;
    builder.seal(bytes, 0);
    return bytes;
  };
  ASSERT_TRUE(commit_one(*tape, "w", "", "1", {flow::Topic::bars, 3}, batch("FIRST", 7)).ok());
  ASSERT_TRUE(commit_one(*tape, "w", "1", "2", {flow::Topic::bars, 3}, batch("SECOND", 500)).ok());
  ASSERT_TRUE(commit_one(*tape, "w", "2", "3", {flow::Topic::bars, 3}, batch("THIRD", 7)).ok());
}

TEST(LmdbDamage, AFlippedBitIsNamed) {
  for (const auto& [needle, place] :
       {std::pair{"FIRST", "bars, partition 3, offset 0"}, std::pair{"SECOND", "bars, partition 3, offset 7"},
        std::pair{"THIRD", "bars, partition 3, offset 507"}}) {
    const TestDirectory directory;
    three_batches({.directory = directory.path()});
    damage(directory.file("data.mdb"), needle);
    const auto tape = open_or_fail({.directory = directory.path()});
    const auto reader = *tape->read(flow::Topic::bars, 3, {});
    flow::TapeBatch batch;
    base::Result<bool> next = true;
    while (next.ok() && *next) next = reader->next(batch);
    ASSERT_FALSE(next.ok());
    EXPECT_EQ(next.error().code, ErrorCode::damaged);
    EXPECT_EQ(next.error().where, place);
  }
}

TEST(LmdbDamage, NothingIsAppendedAfterADamagedBatch) {
  const TestDirectory directory;
  three_batches({.directory = directory.path()});
  damage(directory.file("data.mdb"), "THIRD");
  const auto tape = open_or_fail({.directory = directory.path()});
  EXPECT_EQ(commit_one(*tape, "w", "3", "4", {flow::Topic::bars, 3}, numbered_batch(0)).error().code,
            ErrorCode::damaged);
  EXPECT_EQ(*commit_one(*tape, "w", "3", "4", {flow::Topic::bars, 4}, numbered_batch(0)),
            CommitOutcome::applied);
}

TEST(LmdbDamage, ANewerFormatIsNotTouched) {
  const TestDirectory directory;
  three_batches({.directory = directory.path()});
  MDB_env* env = nullptr;
  MDB_txn* txn = nullptr;
  MDB_dbi meta = 0;
  std::uint32_t version = 2;
  std::string name = "format";
  MDB_val key{name.size(), name.data()};
  MDB_val value{sizeof version, &version};
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_maxdbs(env, 8), 0);
  ASSERT_EQ(mdb_env_open(env, directory.path().c_str(), 0, 0644), 0);
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  ASSERT_EQ(mdb_dbi_open(txn, "meta", 0, &meta), 0);
  ASSERT_EQ(mdb_put(txn, meta, &key, &value, 0), 0);
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
  const std::string before = content_of(directory.file("data.mdb"));
  for (const bool read_only : {false, true}) {
    const auto tape = tape::open_lmdb_tape({.directory = directory.path(), .read_only = read_only});
    ASSERT_FALSE(tape.ok());
    EXPECT_EQ(tape.error().code, ErrorCode::damaged);
    EXPECT_EQ(tape.error().what, "the tape was written by a newer version (format 2, this program knows 1)");
  }
  EXPECT_EQ(content_of(directory.file("data.mdb")), before);
}

TEST(LmdbDamage, WhatIsNoTapeIsRefused) {
  const TestDirectory directory;
  std::ofstream(directory.file("data.mdb")) << std::string(100'000, 'x');
  EXPECT_EQ(tape::open_lmdb_tape({.directory = directory.path()}).error().code, ErrorCode::damaged);
  EXPECT_EQ(tape::open_lmdb_tape({.directory = directory.path(), .read_only = true}).error().code,
            ErrorCode::damaged);
}

// ---- the machine went down

// A tape as it stands after the machine went down under a writer that began in boot `boot_id`.
void leave_unclean(const TestDirectory& directory, tape::Durability durability) {
  three_batches({.directory = directory.path(), .durability = durability, .boot_id = "monday"});
  ASSERT_FALSE(std::filesystem::exists(directory.file("open")));  // a clean end leaves no mark
  std::ofstream(directory.file("open"))
      << (durability == tape::Durability::os ? "os" : "fsync") << " monday\n";
}

ErrorCode open_code(const tape::LmdbTapeOptions& options) {
  const auto tape = tape::open_lmdb_tape(options);
  return tape.ok() ? ErrorCode::check_failed : tape.error().code;  // check_failed stands for: it opened
}

TEST(LmdbCrash, ASoundTapeIsUsedAfterAnotherBoot) {
  const TestDirectory directory;
  leave_unclean(directory, tape::Durability::os);
  for (const bool read_only : {true, false}) {
    const auto tape =
        open_or_fail({.directory = directory.path(), .read_only = read_only, .boot_id = "tuesday"});
    ASSERT_NE(tape, nullptr);
    EXPECT_EQ(*tape->end(flow::Topic::bars, 3), flow::Offset{514});
  }
  EXPECT_FALSE(std::filesystem::exists(directory.file("open")));
}

TEST(LmdbCrash, ADamagedTapeIsRefusedAfterAnotherBoot) {
  const TestDirectory directory;
  leave_unclean(directory, tape::Durability::os);
  damage(directory.file("data.mdb"), "SECOND");
  for (const bool read_only : {true, false}) {
    const auto tape =
        tape::open_lmdb_tape({.directory = directory.path(), .read_only = read_only, .boot_id = "tuesday"});
    ASSERT_FALSE(tape.ok());
    EXPECT_EQ(tape.error().code, ErrorCode::damaged);
    EXPECT_NE(tape.error().what.find("bars, partition 3, offset 7"), std::string::npos)
        << tape.error().message();
  }
  // In the same boot the system has kept the pages: nothing to check.
  EXPECT_EQ(open_code({.directory = directory.path(), .boot_id = "monday"}), ErrorCode::check_failed);
}

TEST(LmdbCrash, WithFsyncNothingHasToBeChecked) {
  const TestDirectory directory;
  leave_unclean(directory, tape::Durability::fsync);
  damage(directory.file("data.mdb"), "FIRST");
  EXPECT_EQ(open_code({.directory = directory.path(), .boot_id = "tuesday"}), ErrorCode::check_failed);
}

TEST(LmdbCrash, ATreeThatEndsItsReaderIsDamage) {
  const TestDirectory directory;
  leave_unclean(directory, tape::Durability::os);
  // Pages that never reached the disk: the file is shorter than its tree.
  std::filesystem::resize_file(directory.file("data.mdb"),
                               std::filesystem::file_size(directory.file("data.mdb")) / 2);
  EXPECT_EQ(open_code({.directory = directory.path(), .boot_id = "tuesday"}), ErrorCode::damaged);
  // The mark stays, so that the next one does not use it either.
  EXPECT_EQ(open_code({.directory = directory.path(), .boot_id = "wednesday"}), ErrorCode::damaged);
}

TEST(LmdbCrash, APageFromAnEarlierTimeIsFound) {
  const TestDirectory directory;
  leave_unclean(directory, tape::Durability::os);
  const std::string content = content_of(directory.file("data.mdb"));
  int refused = 0;
  for (std::size_t page = 2; page < content.size() / 4'096; ++page) {
    const std::string path = directory.file("data.mdb");
    std::ofstream(path, std::ios::binary) << std::string(content).replace(page * 4'096, 4'096, 4'096, '\0');
    if (open_code({.directory = directory.path(), .read_only = true, .boot_id = "tuesday"}) ==
        ErrorCode::damaged)
      ++refused;
  }
  EXPECT_GT(refused, 5);
}

TEST(LmdbCrash, ALargeTapeWithFreePagesAddsUp) {
  const TestDirectory directory;
  {
    const auto tape = open_or_fail(
        {.directory = directory.path(), .durability = tape::Durability::os, .boot_id = "monday"});
    Steps steps(*tape);
    for (int i = 0; i < 2'000; ++i)
      ASSERT_TRUE(steps.commit(Claim::results, static_cast<std::size_t>(1 + i % 90)).ok());
  }
  std::ofstream(directory.file("open")) << "os monday\n";
  EXPECT_EQ(open_code({.directory = directory.path(), .boot_id = "tuesday"}), ErrorCode::check_failed);
}

}  // namespace
}  // namespace tickerhouse::contract

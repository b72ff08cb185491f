// A store on a disk that is full or broken: the test program's own pwrite, write and fsync stand before the C
// library's, and DuckDB's too.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "tests/contract/sink_contract.h"
#include "tests/sinks/support.h"

namespace tickerhouse::sinks {
namespace {

struct DiskFaults {
  int code = 0;        // 0: the disk is well
  int calls_left = 0;  // that still succeed
  bool hit = false;
};
DiskFaults faults;

bool fails() {
  if (faults.code == 0 || faults.calls_left-- > 0) return false;
  faults.hit = true;
  errno = faults.code;
  return true;
}

}  // namespace
}  // namespace tickerhouse::sinks

extern "C" {
ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
  return tickerhouse::sinks::fails() ? -1 : ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}
ssize_t write(int fd, const void* bytes, std::size_t size) {
  return tickerhouse::sinks::fails() ? -1 : ::syscall(SYS_write, fd, bytes, size);
}
int fsync(int fd) {
  using tickerhouse::sinks::faults;
  if (faults.code == EIO && tickerhouse::sinks::fails()) return -1;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
}

namespace tickerhouse::sinks {
namespace {

std::unique_ptr<DuckdbStore> open(const std::string& path) {
  DuckdbStoreOptions options;
  options.path = path;
  return ok(open_duckdb_store(options));
}

// Applies and flushes while the n-th write fails; true if none was left to fail.
bool flush_with_fault(DuckdbStore& store, int code, int calls) {
  ok(store.sink().restore());
  base::Status status;
  faults = {code, calls, false};
  for (const flow::Topic topic : store.sink().info().topics)
    if (status.ok()) status = contract::apply_rows(store.sink(), {topic, 0}, 50, 90);
  if (status.ok()) {
    const auto flushed = store.sink().flush();
    if (!flushed.ok()) status = flushed.error();
  }
  faults.code = 0;
  if (!faults.hit) {
    EXPECT_TRUE(status.ok());
    return true;
  }
  EXPECT_FALSE(status.ok());
  if (!status.ok()) {
    EXPECT_EQ(status.error().code, code == ENOSPC ? base::ErrorCode::no_space : base::ErrorCode::io)
        << status.error().message();
    EXPECT_FALSE(status.error().where.empty());
  }
  return false;
}

void all_or_none(int code) {
  for (int calls = 0;; ++calls) {
    const TemporaryFolder folder;
    const std::string path = folder / "store.duckdb";
    auto store = open(path);
    ok(store->sink().restore());
    for (const flow::Topic topic : store->sink().info().topics)
      ok(contract::apply_rows(store->sink(), {topic, 0}, 0, 50));
    ok(store->sink().flush());
    const bool well = flush_with_fault(*store, code, calls);
    store.reset();
    store = open(path);
    ASSERT_NE(store, nullptr);
    const flow::SinkPosition position = ok(store->sink().restore());
    // A flush that failed at its sync may be there all the same, but then all of it.
    const std::uint64_t rows = position.begin()->second.value;
    for (const auto& [place, next] : position) EXPECT_EQ(next.value, rows);
    EXPECT_TRUE(rows == 90 || (rows == 50 && !well)) << rows << " after write " << calls;
    EXPECT_EQ(bars_of(store->store()).size(), rows == 90 ? 45U : 26U);
    if (well) return;
    ASSERT_LT(calls, 100);
  }
}

TEST(DiskFull, AFlushLeavesAllOrNothing) { all_or_none(ENOSPC); }
TEST(DiskBroken, AFlushLeavesAllOrNothing) { all_or_none(EIO); }

}  // namespace
}  // namespace tickerhouse::sinks

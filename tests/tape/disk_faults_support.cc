#include "tests/tape/disk_faults_support.h"

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace tickerhouse::contract {

DiskFaults& disk_faults() {
  static DiskFaults faults;
  return faults;
}

namespace {

constexpr off_t kMetaBytes = 2 * 4'096;
constexpr std::size_t kMetaWriteMax = 4'095;  // LMDB writes less than a page there

bool fails(int code) {
  if (code != 0) errno = code;
  return code != 0;
}

}  // namespace
}  // namespace tickerhouse::contract

extern "C" {

ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t offset) {
  using namespace tickerhouse::contract;
  const bool meta = offset < kMetaBytes && size <= kMetaWriteMax;
  if (fails(meta ? disk_faults().meta_errno : disk_faults().pwrite_errno)) return -1;
  if (!meta && disk_faults().pwrite_short) size /= 2;
  return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
  using namespace tickerhouse::contract;
  if (fails(disk_faults().pwrite_errno)) return -1;
  if (disk_faults().pwrite_short && count > 1) count /= 2;
  return ::syscall(SYS_writev, fd, parts, count);
}

int fdatasync(int fd) {
  using namespace tickerhouse::contract;
  if (fails(disk_faults().fdatasync_errno)) return -1;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
}

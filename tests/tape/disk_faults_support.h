// Makes the calls that LMDB writes with fail: the test program's own pwrite, writev and fdatasync stand
// before the C library's.
#pragma once

namespace tickerhouse::contract {

struct DiskFaults {
  int pwrite_errno = 0;  // every write of pages fails with it, and those of the meta page in durability os
  bool pwrite_short = false;  // every write of pages takes half and says so
  int meta_errno = 0;         // writes of one of the two meta pages fail with it
  int fdatasync_errno = 0;
};
DiskFaults& disk_faults();

}  // namespace tickerhouse::contract

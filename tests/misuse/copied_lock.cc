// A directory is locked once.
#include "base/disk.h"

tickerhouse::base::FileLock caller(tickerhouse::base::FileLock& lock) {
#ifdef TICKERHOUSE_MISUSE_OK
  return std::move(lock);
#else
  return lock;
#endif
}

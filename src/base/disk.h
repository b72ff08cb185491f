// Files as the runtime needs them: whole small files read and replaced atomically, a directory lock, free
// space. Each call says what is durable when it returns. A test passes its own Disk to make any call fail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::base {

class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::string> read_file(const std::string& path) = 0;
  // Writes path + ".staging", fsyncs it, renames it, fsyncs the directory: after a crash the old or the new
  // content is there, whole.
  virtual Status replace_file(const std::string& path, const std::string& content) = 0;
  virtual Result<std::vector<std::string>> list(
      const std::string& directory) = 0;               // names, sorted; empty if it does not exist
  virtual Status remove(const std::string& path) = 0;  // gone already is ok
  virtual Result<std::uint64_t> free_bytes(const std::string& directory) = 0;
};

Disk& system_disk();  // lives as long as the process

Status make_directories(const std::string& path);

// An flock on a file: ends with the process, however that ends. Waits up to `patience`, then `busy`, naming
// the owner's pid if the file tells.
class FileLock {
 public:
  static Result<FileLock> acquire(const std::string& path, DurationNanos patience);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// Is the lock held by a living process right now? Never waits.
bool is_locked(const std::string& path);

}  // namespace tickerhouse::base

#include "base/disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/clock.h"

namespace tickerhouse::base {
namespace {

Error os_error(const std::string& path, const char* doing) {
  const int code = errno;
  const ErrorCode kind = code == ENOSPC || code == EDQUOT ? ErrorCode::no_space : ErrorCode::io;
  return {kind, std::string(doing).append(": ").append(std::system_category().message(code)), path};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Status write_all(int fd, const std::string& content, const std::string& path) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return os_error(path, "cannot write");
    done += static_cast<std::size_t>(n);
  }
  return {};
}

Status sync_directory(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0)
    return os_error(parent, "cannot sync the directory");
  return {};
}

class SystemDisk final : public Disk {
 public:
  Result<std::string> read_file(const std::string& path) override {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error{ErrorCode::not_found, "cannot open", path};
    std::string content((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (in.bad()) return Error{ErrorCode::io, "cannot read", path};
    return content;
  }

  Status replace_file(const std::string& path, const std::string& content) override {
    const std::string staging = path + ".staging";
    {
      const Descriptor file(::open(staging.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
      if (file.get() < 0) return os_error(staging, "cannot create");
      RETURN_IF_ERROR(write_all(file.get(), content, staging));
      if (::fsync(file.get()) != 0) return os_error(staging, "cannot sync");
    }
    if (::rename(staging.c_str(), path.c_str()) != 0) return os_error(path, "cannot rename into place");
    return sync_directory(path);
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    std::error_code code;
    for (std::filesystem::directory_iterator it(directory, code), end; !code && it != end; it.increment(code))
      names.push_back(it->path().filename().string());
    if (code && code != std::errc::no_such_file_or_directory)
      return Error{ErrorCode::io, code.message(), directory};
    std::sort(names.begin(), names.end());
    return names;
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return os_error(path, "cannot remove");
    return {};
  }

  Result<std::uint64_t> free_bytes(const std::string& directory) override {
    struct statvfs info {};
    if (::statvfs(directory.c_str(), &info) != 0) return os_error(directory, "cannot ask for free space");
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }
};

}  // namespace

Disk& system_disk() {
  static SystemDisk disk;
  return disk;
}

Status make_directories(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code)
    return Error{ErrorCode::io, std::string("cannot create the directory: ").append(code.message()), path};
  return {};
}

Result<FileLock> FileLock::acquire(const std::string& path, DurationNanos patience) {
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (lock.fd_ < 0) return os_error(path, "cannot open the lock file");
  Clock& clock = system_clock();
  const DurationNanos deadline = clock.monotonic_now() + patience;
  while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return os_error(path, "cannot lock");
    if (clock.monotonic_now() >= deadline) {
      char owner[32] = {};
      const ssize_t n = ::pread(lock.fd_, owner, sizeof owner - 1, 0);
      std::string what = "in use by another process";
      if (n > 0) what.append(" (pid ").append(owner, std::strcspn(owner, "\n")).append(")");
      return Error{ErrorCode::busy, what, path};
    }
    clock.sleep_for(20 * kMillisecond);
  }
  const std::string pid = std::to_string(::getpid()).append("\n");
  if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0)
    return os_error(path, "cannot write");
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

bool is_locked(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return false;
  if (::flock(file.get(), LOCK_SH | LOCK_NB) != 0) return errno == EWOULDBLOCK;
  ::flock(file.get(), LOCK_UN);
  return false;
}

}  // namespace tickerhouse::base

#include "sinks/staged_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace tickerhouse::sinks {
namespace {

base::Error os_error(const std::string& path, const char* doing) {
  const int code = errno;
  const bool full = code == ENOSPC || code == EDQUOT;
  return {full ? base::ErrorCode::no_space : base::ErrorCode::io,
          std::string(doing).append(": ").append(std::system_category().message(code)), path};
}

base::Status sync(const std::string& path, int flags, int (*how)(int) = ::fsync) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd < 0) return os_error(path, "cannot open");
  base::Status status;
  if (how(fd) != 0) status = os_error(path, "cannot sync");
  ::close(fd);
  return status;
}

}  // namespace

base::Status sync_file(const std::string& path) { return sync(path, 0); }
base::Status sync_directory(const std::string& path) { return sync(path, O_DIRECTORY); }
base::Status sync_file_system(const std::string& path) { return sync(path, O_DIRECTORY, ::syncfs); }

base::Status publish_staged_file(const std::string& staging, const std::string& path) {
  RETURN_IF_ERROR(sync_file(staging));
  if (::rename(staging.c_str(), path.c_str()) != 0) return os_error(path, "cannot rename into place");
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return sync_directory(parent.empty() ? "." : parent);
}

}  // namespace tickerhouse::sinks

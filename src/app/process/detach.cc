#include "app/process/detach.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "app/exit_codes.h"

namespace tickerhouse::app {
namespace {

base::Error failed(const char* doing, const std::string& where) {
  return {base::ErrorCode::io, std::string(doing).append(": ").append(std::strerror(errno)),
          where};  // NOLINT(concurrency-mt-unsafe)
}

// Until the child has said that it is ready, or has ended.
[[noreturn]] void wait_for(pid_t child, int fd, const std::string& log_file) {
  std::string text;
  std::array<char, 256> part{};
  for (;;) {
    const ssize_t n = ::read(fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    text.append(part.data(), static_cast<std::size_t>(n));
  }
  if (!text.empty()) {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
    ::_exit(kExitOk);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  std::fprintf(stderr, "tickerhouse: it ended before it was ready; its words are in %s\n", log_file.c_str());
  ::_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : kExitFailed);
}

}  // namespace

base::Result<Background> Background::enter(const std::string& log_file) {
  const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return failed("cannot write", log_file);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("cannot make a pipe", log_file);
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child < 0) return failed("cannot fork", log_file);
  if (child > 0) {
    ::close(ends[1]);
    wait_for(child, ends[0], log_file);
  }
  ::close(ends[0]);
  ::setsid();
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close(nothing);
  ::close(log);
  return Background(ends[1]);
}

Background::Background(Background&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Background::~Background() {
  if (fd_ >= 0) ::close(fd_);
}

void Background::ready(const std::string& text) {
  if (fd_ < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(fd_, text.data(), text.size());
  ::close(std::exchange(fd_, -1));
}

}  // namespace tickerhouse::app

#include "tests/support/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>

extern char** environ;

namespace tickerhouse::tests {

ChildProcess::ChildProcess(const std::string& program, std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  arguments.insert(arguments.begin(),
                   std::filesystem::read_symlink("/proc/self/exe").replace_filename(program));
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  if (::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ) != 0) pid_ = -1;
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  out_ = ::fdopen(ends[0], "r");
}

ChildProcess::~ChildProcess() {
  kill();
  if (out_ != nullptr) std::fclose(out_);
}

std::string ChildProcess::line() {
  std::array<char, 256> text{};
  if (out_ == nullptr || std::fgets(text.data(), text.size(), out_) == nullptr) return {};
  std::string line = text.data();
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

void ChildProcess::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

int ChildProcess::wait() {
  int status = 0;
  while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

}  // namespace tickerhouse::tests

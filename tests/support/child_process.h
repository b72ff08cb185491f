// Another process of a test, with its output on a pipe.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace tickerhouse::tests {

// Killed, if it still runs, when this goes.
class ChildProcess {
 public:
  // program: its file name, beside the test's own.
  ChildProcess(const std::string& program, std::vector<std::string> arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  std::string line();  // the next one without its end; empty at the end of the output
  void kill();
  int wait();  // its status

 private:
  pid_t pid_ = -1;
  std::FILE* out_ = nullptr;
};

}  // namespace tickerhouse::tests

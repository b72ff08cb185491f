#include "app/process/crash_report.h"

#include <array>
#include <csignal>
#include <cstring>
#include <string_view>

#include <execinfo.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace tickerhouse::app {
namespace {

constexpr std::array kFatal = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::size_t kFramesMax = 64;
constexpr std::size_t kThreadNameBytes = 16;

void say(std::string_view text) {
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;  // nobody is left to be told
}

// Only what is allowed in a handler: the heap may be what is broken.
void on_crash(int signal) {
  std::array<char, kThreadNameBytes + 1> thread{};
  ::prctl(PR_GET_NAME, thread.data());
  const char* const name = ::sigabbrev_np(signal);
  say("tickerhouse " TICKERHOUSE_VERSION " crashed: SIG");
  say(name == nullptr ? "?" : name);
  say(" in thread ");
  say(thread.data());
  say(". What was committed is safe; start it again to go on. Please report these lines:\n");
  std::array<void*, kFramesMax> frames{};
  const int count = ::backtrace(frames.data(), static_cast<int>(frames.size()));
  ::backtrace_symbols_fd(frames.data(), count, STDERR_FILENO);
  static_cast<void>(
      ::raise(signal));  // the handler is gone: it ends by the signal, with a core if there are any
}

}  // namespace

void report_crashes() {
  std::array<void*, 1> first{};
  ::backtrace(first.data(), static_cast<int>(first.size()));  // loads what it needs while that may be done
  for (const int signal : kFatal) {
    struct sigaction now {};
    if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler != SIG_DFL) continue;
    now.sa_handler = on_crash;
    now.sa_flags = static_cast<int>(SA_RESETHAND) | SA_NODEFER;
    ::sigaction(signal, &now, nullptr);
  }
}

}  // namespace tickerhouse::app

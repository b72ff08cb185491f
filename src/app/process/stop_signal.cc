#include "app/process/stop_signal.h"

#include <csignal>

#include <unistd.h>

namespace tickerhouse::app {
namespace {

std::atomic<bool> stop_flag = false;
static_assert(std::atomic<bool>::is_always_lock_free);  // so a handler may set it

void on_signal(int signal) {
  if (stop_flag.exchange(true)) ::_exit(128 + signal);
}

}  // namespace

const std::atomic<bool>& stop_requested() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, said as such
  return stop_flag;
}

void request_stop() { stop_flag = true; }

}  // namespace tickerhouse::app

#include "runtime/retry.h"

#include <algorithm>

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kFirstPause = 500 * base::kMillisecond;
constexpr base::DurationNanos kLongestPause = 30 * base::kSecond;

}  // namespace

bool Retry::waiting() const { return failing_since_ && context_.parts.clock.monotonic_now() < due_; }

base::Status Retry::failed(const base::Error& error, base::DurationNanos patience) {
  const base::DurationNanos now = context_.parts.clock.monotonic_now();
  if (context_.hooks.board != nullptr) context_.hooks.board->failed(stage_, error.message());
  if (!failing_since_) {
    if (patience == 0) return error;
    failing_since_ = now;
    pause_ = kFirstPause;
    context_.note(std::string(stage_)
                      .append(" failed: ")
                      .append(error.message())
                      .append("; trying again until it works, nothing is lost"));
  } else {
    if (now - *failing_since_ >= patience) return error;
    pause_ = std::min(2 * pause_, kLongestPause);
  }
  due_ = now + pause_;
  return {};
}

void Retry::worked() {
  if (!failing_since_) return;
  failing_since_.reset();
  if (context_.hooks.board != nullptr) {
    context_.hooks.board->restarted(stage_);
    context_.hooks.board->works(stage_);
  }
  context_.note(std::string(stage_).append(" works again"));
}

}  // namespace tickerhouse::runtime

// What was asked last, for all who ask within a moment: they wait for one question together. Any thread.
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace tickerhouse::serve {

template <typename T>
class Recent {
 public:
  // lasts: so old an answer, or a failure, is given again.
  Recent(base::Clock& clock, base::DurationNanos lasts) : clock_(clock), lasts_(lasts) {}

  template <typename Ask>
  base::Result<T> get(const Ask& ask) {
    const std::lock_guard one(asking_);  // who waits here finds what the one before was told
    if (auto known = fresh()) return std::move(*known);
    base::Result<T> told = ask();
    const std::lock_guard lock(mutex_);
    told_at_ = clock_.monotonic_now();
    latest_ = told;
    return told;
  }

  // Without asking.
  std::optional<base::Result<T>> fresh() {
    const std::lock_guard lock(mutex_);
    return clock_.monotonic_now() - told_at_ < lasts_ ? latest_ : std::nullopt;
  }

 private:
  base::Clock& clock_;
  const base::DurationNanos lasts_;
  std::mutex asking_;  // one at a time
  std::mutex mutex_;   // of what follows
  std::optional<base::Result<T>> latest_;
  base::DurationNanos told_at_ = 0;
};

}  // namespace tickerhouse::serve

#include "app/progress_bar.h"

#include <algorithm>
#include <cstdio>

#include <unistd.h>

#include "base/clock.h"

namespace tickerhouse::app {

ProgressBar::ProgressBar()
    : terminal_(::isatty(STDERR_FILENO) != 0), started_at_(base::system_clock().monotonic_now()) {}

base::DurationNanos ProgressBar::elapsed() const {
  return base::system_clock().monotonic_now() - started_at_;
}

void ProgressBar::show(double fraction, std::uint64_t records) {
  const base::DurationNanos now = base::system_clock().monotonic_now();
  if (!terminal_ || now - drawn_at_ < 100 * base::kMillisecond) return;
  drawn_at_ = now;
  drawn_ = true;
  constexpr int kWidth = 30;
  std::string bar;
  const double seconds = std::max(0.001, static_cast<double>(now - started_at_) / 1e9);
  if (fraction >= 0) {
    const int full = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * kWidth);
    bar.append("[")
        .append(static_cast<std::size_t>(full), '#')
        .append(static_cast<std::size_t>(kWidth - full), '.')
        .append("] ");
    bar.append(std::to_string(static_cast<int>(std::clamp(fraction, 0.0, 1.0) * 100))).append(" %  ");
  }
  std::fprintf(stderr, "\r\033[K%s%s records  %s/s", bar.c_str(), grouped(records).c_str(),
               grouped(static_cast<std::uint64_t>(static_cast<double>(records) / seconds)).c_str());
  if (fraction > 0.01) std::fprintf(stderr, "  %.0f s left", seconds / fraction - seconds);
}

void ProgressBar::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, " ");
  return text;
}

}  // namespace tickerhouse::app

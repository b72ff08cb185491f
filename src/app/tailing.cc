#include "app/tailing.h"

#include <charconv>
#include <cstdio>
#include <system_error>

#include "app/process/stop_signal.h"
#include "base/clock.h"

namespace tickerhouse::app {

base::Result<StartPlace> parse_start(const std::string& text, const char* flag) {
  StartPlace start;
  if (text == "beginning") return start;
  if (text == "end") {
    start.kind = StartPlace::Kind::end;
    return start;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), start.offset);
  if (error == std::errc() && end == text.data() + text.size()) {
    start.kind = StartPlace::Kind::offset;
    return start;
  }
  start.offset = 0;
  start.kind = StartPlace::Kind::time;
  if (const auto ts = base::parse_iso_time(text))
    start.time = *ts;
  else if (const auto date = base::parse_date(text))
    start.time = *date * base::kDay;
  else
    return base::Error{base::ErrorCode::invalid_argument, "expected beginning, end, an offset or a time",
                       flag};
  return start;
}

base::Status run_rounds(const TailEnd& end, const std::function<base::Result<bool>()>& round,
                        const std::function<bool()>& full) {
  base::DurationNanos patience = 0;
  if (!end.timeout.empty()) {
    const auto parsed = base::parse_duration(end.timeout);
    if (!parsed)
      return base::Error{base::ErrorCode::invalid_argument, "expected a duration such as 10s", "--timeout"};
    patience = *parsed;
  }
  const std::atomic<bool>& stop = stop_requested();
  const base::DurationNanos deadline = base::system_clock().monotonic_now() + patience;
  while (!stop && !full()) {
    ASSIGN_OR_RETURN(const bool found, round());
    if (std::fflush(stdout) != 0) return base::Error{base::ErrorCode::io, "cannot write", "stdout"};
    if (patience > 0 && base::system_clock().monotonic_now() >= deadline) break;
    if (found) continue;
    if (end.exit_at_end) break;
    base::system_clock().sleep_for(100 * base::kMillisecond);
  }
  return {};
}

}  // namespace tickerhouse::app

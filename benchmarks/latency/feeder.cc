#include "benchmarks/latency/feeder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

namespace tickerhouse::latency {

base::TsNanos WallClock::now() const {
  return wall_ + std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin_).count();
}

std::chrono::steady_clock::time_point WallClock::at(base::TsNanos ts) const {
  return begin_ + std::chrono::nanoseconds(ts - wall_);
}

Feeder::Feeder(const std::string& path, const WallClock& clock)
    : clock_(clock), fd_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path);
}

Feeder::~Feeder() { ::close(fd_); }

void Feeder::write(const char* bytes, std::size_t size) const {
  while (size > 0) {
    const ssize_t n = ::write(fd_, bytes, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "cannot feed");
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
}

void Feeder::write_at_once(const std::vector<Event>& events) {
  std::string lines;
  for (const Event& event : events) lines.append(line_of(event, next_id_++));
  write(lines.data(), lines.size());
}

std::vector<base::DurationNanos> Feeder::write_on_time(const std::vector<Event>& events) {
  std::string lines;
  std::vector<std::size_t> ends;
  for (const Event& event : events) ends.push_back(lines.append(line_of(event, next_id_++)).size());
  std::vector<base::DurationNanos> behind;
  behind.reserve(events.size());
  std::size_t written = 0;
  while (behind.size() < events.size()) {
    std::this_thread::sleep_until(clock_.at(events[behind.size()].ts));
    const base::TsNanos due = clock_.now();
    std::size_t last = behind.size();
    while (last < events.size() && events[last].ts <= due) ++last;
    if (last == behind.size()) continue;
    write(lines.data() + written, ends[last - 1] - written);
    written = ends[last - 1];
    const base::TsNanos done = clock_.now();
    while (behind.size() < last) behind.push_back(done - events[behind.size()].ts);
  }
  return behind;
}

}  // namespace tickerhouse::latency

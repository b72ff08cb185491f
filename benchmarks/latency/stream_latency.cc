// usage: stream_latency feed PORT INPUT SYMBOLS RATE SECONDS WARM_UP SEED     feed and listen, one JSON line
// of results
//        stream_latency echo PORT at-once|every-100                        the floor: its input is standard
//        input
//
// Both ends of what `benchmarks/run latency` times are one process with one clock. An event's latency is
// counted from when it was due, not from when it was written: what holds the feeder up is latency too (no
// coordinated omission). INPUT is a file or pipe (/dev/fd/N) that the server reads. Exit 1: the server's last
// state is not what was fed.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>

#include "benchmarks/latency/echo_server.h"
#include "benchmarks/latency/feeder.h"
#include "benchmarks/latency/listener.h"
#include "benchmarks/latency/percentiles.h"
#include "benchmarks/latency/schedule.h"

namespace tickerhouse::latency {
namespace {

constexpr base::DurationNanos kOpenWithin = 30 * base::kSecond;
constexpr base::DurationNanos kSettleWithin = 30 * base::kSecond;
constexpr base::DurationNanos kPause = base::kSecond;  // between the opening and the schedule

void feed(std::uint16_t port, const std::string& input, const Schedule& schedule,
          base::DurationNanos warm_up) {
  const WallClock clock;
  Feeder feeder(input, clock);
  Expected expected(schedule.symbols);
  const std::vector<Event> first = opening(schedule, clock.now());
  expected.count_from(first.back().ts + kOpenWithin + kPause);  // none of the opening
  expected.add(first);
  feeder.write_at_once(first);
  const auto listener = Listener::connect(port, clock, expected);
  listener->take_all(clock.now() + kOpenWithin);

  const base::TsNanos begin = clock.now() + kPause;
  const std::vector<Event> events = timed(schedule, begin);
  expected.count_from(begin + warm_up);
  expected.add(events);
  expected.arrivals.frames = expected.arrivals.bytes = 0;
  auto behind = std::async(std::launch::async, [&] { return feeder.write_on_time(events); });
  listener->take_all(events.back().ts + kSettleWithin);
  const Arrivals& arrivals = expected.arrivals;
  std::printf("{\"fed\":%zu,\"frames\":%llu,\"bytes\":%llu,\"events\":%s,\"rows\":%s,\"feeder\":%s}\n",
              first.size() + events.size(), static_cast<unsigned long long>(arrivals.frames),
              static_cast<unsigned long long>(arrivals.bytes), percentiles(arrivals.events).c_str(),
              percentiles(arrivals.rows).c_str(), percentiles(behind.get()).c_str());
}

int run(int argc, char** argv) {
  const auto number = [argv](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const auto seconds = [argv](int i) {
    return static_cast<base::DurationNanos>(std::strtod(argv[i], nullptr) * base::kSecond);
  };
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "echo" && argc == 4) {
    const bool at_once = std::string(argv[3]) == "at-once";
    serve_echo(static_cast<std::uint16_t>(number(2)), at_once ? Cadence::at_once : Cadence::every_100);
    return 0;
  }
  if (command != "feed" || argc != 9) {
    std::fputs(
        "usage: stream_latency feed PORT INPUT SYMBOLS RATE SECONDS WARM_UP SEED | echo PORT CADENCE\n",
        stderr);
    return 64;
  }
  const Schedule schedule{static_cast<std::uint32_t>(number(4)), static_cast<std::uint32_t>(number(5)),
                          seconds(6), number(8)};
  feed(static_cast<std::uint16_t>(number(2)), argv[3], schedule, seconds(7));
  return 0;
}

}  // namespace
}  // namespace tickerhouse::latency

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return tickerhouse::latency::run(argc, argv);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "stream_latency: %s\n", problem.what());
    return 1;
  }
}

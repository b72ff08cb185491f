#include "benchmarks/latency/schedule.h"

#include <algorithm>
#include <random>

namespace tickerhouse::latency {
namespace {

constexpr base::DurationNanos kSparseGapMin = 150 * base::kMillisecond;
constexpr base::DurationNanos kSparseGapSpan = 300 * base::kMillisecond;
constexpr std::int64_t kCentsMin = 10'000;
constexpr std::int64_t kCentsSpan = 90'000;

std::string padded(std::uint64_t value, std::size_t digits) {
  const std::string text = std::to_string(value);
  return std::string(digits - std::min(digits, text.size()), '0').append(text);
}

}  // namespace

std::vector<Event> opening(const Schedule& schedule, base::TsNanos from) {
  std::vector<Event> events;
  for (std::uint32_t symbol = 0; symbol < schedule.symbols; ++symbol)
    events.push_back({from + symbol, symbol, kCentsMin + symbol});
  return events;
}

std::vector<Event> timed(const Schedule& schedule, base::TsNanos from) {
  std::mt19937_64 draw(schedule.seed);
  std::vector<Event> events;
  base::DurationNanos at = 0;
  while (at < schedule.length) {
    const auto symbol = static_cast<std::uint32_t>(draw() % schedule.symbols);
    events.push_back({from + at, symbol, kCentsMin + static_cast<std::int64_t>(draw() % kCentsSpan)});
    at = schedule.rate > 0 ? static_cast<base::DurationNanos>(events.size()) * base::kSecond / schedule.rate
                           : at + kSparseGapMin + static_cast<base::DurationNanos>(draw() % kSparseGapSpan);
  }
  return events;
}

std::string symbol_name(std::uint32_t symbol) { return std::string("S").append(padded(symbol, 4)); }

std::string line_of(const Event& event, std::uint64_t id) {
  std::string text("{\"symbol\":\"");
  text.append(symbol_name(event.symbol)).append("\",\"price\":").append(std::to_string(event.cents / 100));
  text.append(".").append(padded(static_cast<std::uint64_t>(event.cents % 100), 2));
  text.append(",\"volume\":100,\"ts\":\"");
  base::append_iso_time(text, event.ts);
  return text.append("\",\"trade_id\":\"").append(std::to_string(id)).append("\"}\n");
}

}  // namespace tickerhouse::latency

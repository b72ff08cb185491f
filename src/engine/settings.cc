#include "engine/settings.h"

#include <array>
#include <charconv>
#include <numeric>
#include <optional>

#include "base/check.h"

namespace tickerhouse::engine {
namespace {

struct DurationKey {
  const char* name;
  base::DurationNanos Settings::*field;
};
constexpr std::array<DurationKey, 5> kDurations = {{{"bound", &Settings::bound},
                                                    {"allowed_lateness", &Settings::allowed_lateness},
                                                    {"skew", &Settings::skew},
                                                    {"idle_timeout", &Settings::idle_timeout},
                                                    {"grace", &Settings::grace}}};

std::string join(const std::vector<base::DurationNanos>& intervals) {
  std::string text;
  for (const base::DurationNanos interval : intervals) {
    if (!text.empty()) text.push_back(' ');
    text.append(base::format_duration(interval));
  }
  return text;
}

std::optional<std::vector<base::DurationNanos>> split(std::string_view text) {
  std::vector<base::DurationNanos> intervals;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const auto interval = base::parse_duration(text.substr(0, space));
    if (!interval) return std::nullopt;
    intervals.push_back(*interval);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
  }
  return intervals;
}

base::Error damaged(std::string_view line) {
  return {base::ErrorCode::damaged, std::string("unreadable settings record: ").append(line), ""};
}

bool set_value(Settings& settings, std::string_view key, std::string_view value) {
  for (const DurationKey& duration : kDurations)
    if (key == duration.name) {
      const auto parsed = base::parse_duration(value);
      if (parsed) settings.*duration.field = *parsed;
      return parsed.has_value();
    }
  if (key == "partitions") {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), settings.partitions);
    return error == std::errc() && end == value.data() + value.size();
  }
  if (key == "intervals") {
    auto parsed = split(value);
    if (parsed) settings.intervals = std::move(*parsed);
    return parsed.has_value();
  }
  return false;
}

}  // namespace

std::vector<std::string> problems_of(const Settings& settings) {
  std::vector<std::string> problems;
  const auto complain = [&problems](const char* key, const std::string& what) {
    problems.push_back(std::string(key).append(": ").append(what));
  };
  for (const DurationKey& duration : kDurations) {
    const base::DurationNanos value = settings.*duration.field;
    if (value < 0 || value > 366 * base::kDay) complain(duration.name, "must be between 0 and 366d");
    if (value % kTimeGrid != 0) complain(duration.name, "must be a multiple of 250ms");
  }
  if (settings.partitions == 0 || settings.partitions > kPartitionsMax)
    complain("partitions", "must be between 1 and 1024");
  if (settings.intervals.empty() || settings.intervals.size() > kIntervalsMax)
    complain("intervals", "must name 1 to 16 intervals");
  base::DurationNanos before = 0;
  for (const base::DurationNanos interval : settings.intervals) {
    if (interval <= 0 || interval > kIntervalMax)
      complain("intervals", "each must be more than 0 and at most 7d");
    if (interval % kTimeGrid != 0) complain("intervals", "each must be a multiple of 250ms");
    if (interval == before) complain("intervals", base::format_duration(interval).append(" is named twice"));
    before = interval;
  }
  return problems;
}

base::DurationNanos pane_of(const Settings& settings) {
  base::DurationNanos divisor = 0;
  bool whole_minutes = true;
  for (const base::DurationNanos interval : settings.intervals) {
    divisor = std::gcd(divisor, interval);
    whole_minutes = whole_minutes && interval % base::kMinute == 0;
  }
  CHECK(divisor > 0);
  return whole_minutes ? base::kMinute : divisor;
}

std::string to_text(const Settings& settings) {
  std::string text;
  for (const DurationKey& duration : kDurations)
    text.append(duration.name)
        .append("=")
        .append(base::format_duration(settings.*duration.field))
        .append("\n");
  text.append("partitions=").append(std::to_string(settings.partitions)).append("\n");
  text.append("intervals=").append(join(settings.intervals)).append("\n");
  return text;
}

base::Result<Settings> settings_from_text(std::string_view text) {
  Settings settings;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos ||
        !set_value(settings, line.substr(0, equals), line.substr(equals + 1)))
      return damaged(line);
  }
  if (!problems_of(settings).empty()) return damaged(problems_of(settings).front());
  return settings;
}

std::string first_difference(const Settings& stored, const Settings& asked) {
  const auto say = [](const char* key, const std::string& old_value, const std::string& new_value) {
    return std::string(key)
        .append(" is ")
        .append(old_value)
        .append(" in this directory, not ")
        .append(new_value);
  };
  for (const DurationKey& d : kDurations)
    if (stored.*d.field != asked.*d.field)
      return say(d.name, base::format_duration(stored.*d.field), base::format_duration(asked.*d.field));
  if (stored.partitions != asked.partitions)
    return say("partitions", std::to_string(stored.partitions), std::to_string(asked.partitions));
  if (stored.intervals != asked.intervals)
    return say("intervals", join(stored.intervals), join(asked.intervals));
  return {};
}

}  // namespace tickerhouse::engine

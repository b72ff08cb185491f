#include "benchmarks/latency/percentiles.h"

#include <algorithm>
#include <cmath>

namespace tickerhouse::latency {

std::string percentiles(std::vector<base::DurationNanos> values) {
  std::sort(values.begin(), values.end());
  std::string text = "{\"count\":" + std::to_string(values.size());
  const auto put = [&](const char* key, double share) {
    if (values.empty()) return;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const auto value = static_cast<double>(values[std::max<std::size_t>(rank, 1) - 1]) / base::kMillisecond;
    text.append(",\"").append(key).append("\":").append(std::to_string(value));
  };
  put("p50", 0.5);
  put("p90", 0.9);
  put("p99", 0.99);
  put("max", 1);
  return text.append("}");
}

}  // namespace tickerhouse::latency

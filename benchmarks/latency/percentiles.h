#pragma once

#include <string>
#include <vector>

#include "base/time.h"

namespace tickerhouse::latency {

// {"count":2,"p50":...,"p90":...,"p99":...,"max":...}, in milliseconds: the value that so large a share of
// all do not exceed. Of no values only the count.
std::string percentiles(std::vector<base::DurationNanos> values);

}  // namespace tickerhouse::latency

// Local wall time of an IANA zone → UTC, for mappings.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::sources {

using LocalToUtc = std::function<std::optional<base::TsNanos>(base::TsNanos local)>;

// A time that happened twice is the first of the two, one that never happened is nullopt. "UTC" and "" give
// an empty function.
base::Result<LocalToUtc> make_zone(const std::string& name);

}  // namespace tickerhouse::sources

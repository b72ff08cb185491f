// replay --dry-run: ten mapped records and the first rejects of an input, and nothing written.
#pragma once

#include "base/result.h"
#include "sources/replay_source.h"

namespace tickerhouse::app {

base::Result<int> dry_run(const sources::ReplayOptions& options);

}  // namespace tickerhouse::app

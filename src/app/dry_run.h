// replay --dry-run: ten mapped records and the first rejects of an input, and nothing written.
#pragma once

#include "app/inputs.h"
#include "base/result.h"

namespace tickerhouse::app {

base::Result<int> dry_run(InputOptions options);

}  // namespace tickerhouse::app

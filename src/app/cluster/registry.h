// The schema registry that the configuration names.
#pragma once

#include <memory>

#include "app/config/config.h"
#include "base/result.h"
#include "sources/schemas.h"

namespace tickerhouse::app {

// Nothing is asked yet. `configuration` if it names none.
base::Result<std::unique_ptr<sources::Schemas>> open_schemas(const Config& config);
// For somebody who looks at messages, with that much patience. Null if it names none.
base::Result<std::unique_ptr<sources::Schemas>> open_schemas_to_look(const Config& config,
                                                                     base::DurationNanos patience);

}  // namespace tickerhouse::app

// The schema registry that the configuration names.
#pragma once

#include "app/config/config.h"
#include "base/result.h"
#include "sources/http_registry.h"

namespace tickerhouse::app {

// `configuration` if it names none.
base::Result<sources::RegistryPlace> registry_of(const Config& config);

}  // namespace tickerhouse::app

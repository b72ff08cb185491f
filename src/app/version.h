// What `version` prints, and what reports quote.
#pragma once

#include <string>

namespace tickerhouse::app {

std::string version_text();

}  // namespace tickerhouse::app

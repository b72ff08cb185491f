// What `version` prints, and what reports quote.
#pragma once

#include <string>

namespace tickerhouse::app {

std::string version_text();
std::string version_number();  // "0.4.0"

}  // namespace tickerhouse::app

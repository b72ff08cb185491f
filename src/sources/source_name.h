// Names of sources: each is one in its data directory.
#pragma once

#include <set>
#include <string>

namespace tickerhouse::sources {

// name, or name#2, name#3, ... if it is taken.
std::string unique_name(const std::string& name, const std::set<std::string>& taken);

}  // namespace tickerhouse::sources

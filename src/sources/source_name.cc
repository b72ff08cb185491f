#include "sources/source_name.h"

namespace tickerhouse::sources {

std::string unique_name(const std::string& name, const std::set<std::string>& taken) {
  std::string candidate = name;
  for (int n = 2; taken.contains(candidate); ++n)
    candidate = std::string(name).append("#").append(std::to_string(n));
  return candidate;
}

}  // namespace tickerhouse::sources

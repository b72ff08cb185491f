// The flags and the file of a mapping (docs/mapping.md); flags win, field by field.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "formats/mapping.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11's own
class App;
}

namespace tickerhouse::app {

struct MappingFlags {
  std::string file;
  formats::MappingText text;
  std::string map;  // ts=Time,price=Price*0.0001
  bool no_header = false;
};

void add_mapping_flags(CLI::App& command, MappingFlags& flags);
// `configuration` with every mistake.
base::Result<formats::Mapping> read_mapping(const MappingFlags& flags);

}  // namespace tickerhouse::app

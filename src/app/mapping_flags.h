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
// File and flags as one. `configuration` with every mistake, here as below.
base::Result<formats::MappingText> read_mapping_text(const MappingFlags& flags);
base::Result<formats::Mapping> compile_mapping(const formats::MappingText& text);
base::Result<formats::Mapping> read_mapping(const MappingFlags& flags);

// As a mapping file would say it, and back; `name` is the text's in complaints.
std::string mapping_to_toml(const formats::MappingText& text);
base::Result<formats::MappingText> mapping_from_toml(const std::string& toml, const std::string& name);

}  // namespace tickerhouse::app

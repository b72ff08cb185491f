// The settings by name. One table names them all; docs/configuration.md and `config init` are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickerhouse::app {

struct SettingInfo {
  const char* key;        // section.name, as in the file
  const char* fallback;   // its default, as text
  const char* flag;       // of the commands it belongs to; "" if it has none
  const char* old_names;  // of older pipelines, from the environment; separated by spaces
  const char* what;       // one line
  bool fixed = false;     // by the first start of a data directory
};
std::span<const SettingInfo> setting_table();
std::string environment_name(std::string_view key);  // ingest.bound → TICKERHOUSE_INGEST_BOUND
std::string did_you_mean(std::string_view key);      // "; did you mean ingest.bound?" or nothing

std::string commented_file();      // `config init`
std::string configuration_page();  // docs/configuration.md

// "AAPL,MSFT" or "AAPL MSFT"; "2GB", "512MiB", "1000000".
std::vector<std::string> split_list(std::string_view text);
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace tickerhouse::app

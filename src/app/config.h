// Settings and where each came from: flag > environment > ./.env > file > default. One table names them all;
// docs/configuration.md is made from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/settings.h"
#include "tape/durability.h"

namespace tickerhouse::app {

struct SettingInfo {
  const char* key;        // section.name, as in the file
  const char* fallback;   // its default, as text
  const char* flag;       // of the commands it belongs to; "" if it has none
  const char* old_names;  // of older pipelines, from the environment; separated by spaces
  const char* what;       // one line
};
std::span<const SettingInfo> setting_table();
std::string environment_name(std::string_view key);  // ingest.bound → TICKERHOUSE_INGEST_BOUND

struct SettingValue {
  std::string text;
  std::string origin;  // "default", "flag --bound", "environment TICKERHOUSE_INGEST_BOUND", ".env",
                       // "tickerhouse.toml:12"
  [[nodiscard]] bool is_default() const { return origin == "default"; }
};

struct Config {
  std::map<std::string, SettingValue> values;
  std::vector<std::string> notes;  // old names in effect, to be logged at start

  // Typed; filled by load_config when no value is wrong.
  engine::Settings engine;
  std::string data;
  std::size_t batch_records = 0;
  std::vector<std::string> allowed_symbols;
  std::uint16_t threads = 0;
  std::uint64_t tape_size_max = 0;
  tape::Durability durability = tape::Durability::fsync;
  bool store = true;
  std::string store_memory;
  std::uint64_t console_every = 0;
  double simulator_rate = 0;
  std::string simulator_symbols;
  std::string log_level;

  [[nodiscard]] bool given(const char* key) const { return !values.at(key).is_default(); }
};

// `flags`: by key. file: empty means ./tickerhouse.toml if it is there. All mistakes at once, as one
// `configuration` error, a line each.
base::Result<Config> load_config(const std::map<std::string, std::string>& flags, const std::string& file);

std::string commented_file();            // `config init`
std::string configuration_page();        // docs/configuration.md
std::string show(const Config& config);  // each value and where it came from

// "AAPL,MSFT" or "AAPL MSFT"; "2GB", "512MiB", "1000000".
std::vector<std::string> split_list(std::string_view text);
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace tickerhouse::app

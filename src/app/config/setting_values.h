// The text of each setting and where it came from: flag > environment > ./.env > file > default.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tickerhouse::app {

struct SettingValue {
  std::string text;
  std::string origin;  // "default", "flag --bound", "environment TICKERHOUSE_INGEST_BOUND", ".env",
                       // "tickerhouse.toml:12"
  [[nodiscard]] bool is_default() const { return origin == "default"; }
};

struct SettingValues {
  std::map<std::string, SettingValue> values;  // each setting of the table, by key
  std::vector<std::string> notes;              // old names in effect
  std::vector<std::string> problems;           // with file and line
};

// `flags`: by key. file: empty means ./tickerhouse.toml if it is there.
SettingValues read_settings(const std::map<std::string, std::string>& flags, const std::string& file);

}  // namespace tickerhouse::app

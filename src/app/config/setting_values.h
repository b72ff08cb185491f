// The text of each setting and where it came from: flag > environment > ./.env > file > default.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tickerhouse::app {

struct SettingValue {
  std::string text;
  std::string origin;  // "default", "flag --bound", "environment TICKERHOUSE_INGEST_BOUND", ".env",
                       // "tickerhouse.toml:12"
  [[nodiscard]] bool is_default() const { return origin == "default"; }
};

// Keys that begin so are not in the table: what follows is a name of librdkafka's, taken as it is.
inline constexpr std::string_view kKafkaProperties = "kafka.properties.";

struct SettingValues {
  std::map<std::string, SettingValue>
      values;  // each setting of the table, by key, and the properties that are given
  std::map<std::string, std::string> secrets;  // of the environment, by the variable's name; never shown
  std::vector<std::string> notes;              // old names in effect
  std::vector<std::string> problems;           // with file and line
};

// `flags`: by key. file: empty means ./tickerhouse.toml if it is there.
SettingValues read_settings(const std::map<std::string, std::string>& flags, const std::string& file);

}  // namespace tickerhouse::app

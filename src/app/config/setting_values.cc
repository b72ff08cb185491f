#include "app/config/setting_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <toml++/toml.h>

#include "app/config/secrets.h"
#include "app/config/settings.h"

namespace tickerhouse::app {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

class Reader {
 public:
  SettingValues run(const std::map<std::string, std::string>& flags, const std::string& file) {
    for (const SettingInfo& setting : setting_table())
      read_.values[setting.key] = {setting.fallback, "default"};
    read_file(file);
    const std::map<std::string, std::string> dot_env = read_dot_env();
    read_environment(dot_env);
    read_secrets(dot_env);
    for (const auto& [key, text] : flags)
      read_.values[key] = {text, std::string("flag ").append(flag_of(key))};
    return std::move(read_);
  }

 private:
  static const char* flag_of(const std::string& key) {
    for (const SettingInfo& setting : setting_table())
      if (key == setting.key) return setting.flag;
    return "-X";
  }

  void read_file(const std::string& file) {
    const std::string path = file.empty() ? "tickerhouse.toml" : file;
    if (file.empty() && !std::ifstream(path)) return;
    try {
      const toml::table table = toml::parse_file(path);
      for (const auto& [name, node] : table) take_node(path, std::string(name.str()), node);
    } catch (const toml::parse_error& error) {
      read_.problems.push_back(path + ":" + std::to_string(error.source().begin.line) + ": " +
                               std::string(error.description()));
    }
  }

  void take_node(const std::string& path, const std::string& name, const toml::node& node) {
    if (const toml::table* section = node.as_table()) {
      for (const auto& [inner, value] : *section)
        take_node(path, name + "." + std::string(inner.str()), value);
      return;
    }
    const std::string where = path + ":" + std::to_string(node.source().begin.line);
    if (!read_.values.contains(name) && !name.starts_with(kKafkaProperties)) {
      read_.problems.push_back(where + ": unknown key " + name + did_you_mean(name));
      return;
    }
    read_.values[name] = {text_of(node), where};
  }

  static std::string text_of(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const toml::array* items = node.as_array()) {
      std::string text;
      for (const toml::node& item : *items) text.append(text.empty() ? "" : " ").append(text_of(item));
      return text;
    }
    if (const auto flag = node.value_exact<bool>()) return *flag ? "true" : "false";
    if (const auto whole = node.value_exact<std::int64_t>()) return std::to_string(*whole);
    if (const auto real = node.value_exact<double>()) {
      std::array<char, 40> digits{};
      return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *real).ptr};
    }
    return {};
  }

  std::map<std::string, std::string> read_dot_env() {
    std::map<std::string, std::string> found;
    std::ifstream in(".env");
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      line = trimmed(line);
      if (line.empty() || line.front() == '#') continue;
      if (line.starts_with("export ")) line.erase(0, 7);
      const std::size_t equals = line.find('=');
      if (equals == std::string::npos) {
        read_.problems.push_back(".env:" + std::to_string(number) + ": expected NAME=VALUE");
        continue;
      }
      std::string value = trimmed(line.substr(equals + 1));
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
          value.back() == value.front())
        value = value.substr(1, value.size() - 2);
      found[trimmed(line.substr(0, equals))] = value;
    }
    return found;
  }

  static std::string variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread
    return value == nullptr ? "" : value;
  }
  static std::string value_in(const std::map<std::string, std::string>& dot_env, const std::string& name) {
    const auto found = dot_env.find(name);
    return found == dot_env.end() ? "" : found->second;
  }

  void read_secrets(const std::map<std::string, std::string>& dot_env) {
    for (const Secret& secret : kSecrets) {
      std::string text = variable(secret.environment);
      if (text.empty()) text = value_in(dot_env, secret.environment);
      if (!text.empty()) read_.secrets[secret.environment] = text;
    }
  }

  // The environment wins over .env, and in each our own name over the old ones.
  void read_environment(const std::map<std::string, std::string>& dot_env) {
    for (const SettingInfo& setting : setting_table()) {
      std::vector<std::string> names = split_list(setting.old_names);
      std::reverse(names.begin(), names.end());
      names.push_back(environment_name(setting.key));
      for (const bool real : {false, true})
        for (const std::string& name : names) {
          const std::string text = real ? variable(name) : value_in(dot_env, name);
          if (text.empty()) continue;
          read_.values[setting.key] = {text, (real ? "environment " : ".env ") + name};
        }
    }
    for (const SettingInfo& setting : setting_table())
      for (const std::string& name : split_list(setting.old_names)) {
        const SettingValue& value = read_.values[setting.key];
        if (value.origin.ends_with(" " + name))
          read_.notes.push_back(name + "=" + value.text + " → " + setting.key + " = " + value.text);
      }
  }

  SettingValues read_;
};

}  // namespace

SettingValues read_settings(const std::map<std::string, std::string>& flags, const std::string& file) {
  return Reader().run(flags, file);
}

}  // namespace tickerhouse::app

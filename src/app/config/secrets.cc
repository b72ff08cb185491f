#include "app/config/secrets.h"

#include <algorithm>
#include <utility>

#include "base/disk.h"

namespace tickerhouse::app {
namespace {

constexpr std::string_view kFileSuffix = "_file";
using Properties = std::map<std::string, std::string>;

// NAME_file = PATH becomes NAME = what the file holds.
base::Result<Properties> with_files_read(const Properties& given) {
  Properties all;
  for (const auto& [name, value] : given) {
    const std::string stem = name.substr(0, name.size() - std::min(name.size(), kFileSuffix.size()));
    if (!name.ends_with(kFileSuffix) || !is_secret_property(stem)) {
      all[name] = value;
      continue;
    }
    const std::string key = std::string(kKafkaProperties).append(name);
    if (given.contains(stem))
      return base::Error{base::ErrorCode::configuration,
                         std::string("the configuration has ").append(stem).append(" too"), key};
    ASSIGN_OR_RETURN(all[stem], read_secret_file(value, key));
  }
  return all;
}

}  // namespace

bool is_secret_property(std::string_view name) {
  if (name.ends_with(kFileSuffix)) return false;
  for (const std::string_view part : {"password", "secret", "passphrase"})
    if (name.find(part) != std::string_view::npos) return true;
  return name.ends_with("key.pem") || name == "sasl.oauthbearer.config" || name == "sasl.jaas.config";
}

std::string ways_to_give(std::string_view property) {
  for (const Secret& secret : kSecrets)
    if (property == secret.property)
      return std::string("give a file that holds it with the setting ")
          .append(secret.setting)
          .append(", or ")
          .append(secret.environment)
          .append(" in the environment");
  return std::string("give a file that holds it with -X ")
      .append(property)
      .append(kFileSuffix)
      .append("=PATH");
}

base::Result<std::string> read_secret_file(const std::string& path, const std::string& key) {
  auto text = base::system_disk().read_file(path);
  if (!text.ok()) return base::Error{base::ErrorCode::configuration, text.error().message(), key};
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r' || text->back() == ' '))
    text->pop_back();
  if (text->empty()) return base::Error{base::ErrorCode::configuration, "the file is empty", key};
  return std::move(*text);
}

base::Result<std::string> secret_of(const Config& config, const Secret& secret) {
  const SettingValue& file = config.values.at(secret.setting);
  const auto environment = config.secrets.find(secret.environment);
  if (environment != config.secrets.end() && !file.origin.starts_with("flag ")) return environment->second;
  if (file.text.empty()) return std::string();
  return read_secret_file(file.text, secret.setting);
}

base::Result<Properties> kafka_properties_with_secrets(const Config& config) {
  ASSIGN_OR_RETURN(Properties all, with_files_read(config.kafka_properties));
  for (const Secret& secret : kSecrets) {
    if (*secret.property == '\0') continue;
    ASSIGN_OR_RETURN(std::string text, secret_of(config, secret));
    if (!text.empty()) all[secret.property] = std::move(text);
  }
  return all;
}

}  // namespace tickerhouse::app

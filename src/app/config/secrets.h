// Secrets are no settings: a setting names the file that holds one, or the environment has it. So nothing
// that shows settings can show one, and no command line has one.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "app/config/config.h"
#include "base/result.h"

namespace tickerhouse::app {

struct KafkaSecret {
  const char* property;     // of librdkafka
  const char* setting;      // names a file
  const char* environment;  // or this has it
};
inline constexpr std::array<KafkaSecret, 2> kKafkaSecrets = {
    {{"sasl.password", "kafka.password_file", "KAFKA_PASSWORD"},
     {"ssl.key.password", "kafka.tls_key_password_file", "KAFKA_TLS_KEY_PASSWORD"}}};

// Is the value of this property of librdkafka not for other eyes?
bool is_secret_property(std::string_view name);

// How it can be given, as the rest of a sentence.
std::string ways_to_give(std::string_view property);

// The first line's worth of a file that holds nothing else; `configuration`, naming the key.
base::Result<std::string> read_secret_file(const std::string& path, const std::string& key);

// librdkafka's properties of the configuration, with the secrets that files and the environment hold: the
// flag wins, then the environment, then the setting, then NAME or NAME_file among the properties.
base::Result<std::map<std::string, std::string>> kafka_properties_with_secrets(const Config& config);

}  // namespace tickerhouse::app

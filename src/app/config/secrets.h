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

struct Secret {
  const char* property;     // of librdkafka; empty: it is for somebody else
  const char* setting;      // names a file
  const char* environment;  // or this has it
};
inline constexpr Secret kRegistrySecret = {"", "kafka.schema_registry_password_file",
                                           "KAFKA_SCHEMA_REGISTRY_PASSWORD"};
inline constexpr std::array<Secret, 3> kSecrets = {
    {{"sasl.password", "kafka.password_file", "KAFKA_PASSWORD"},
     {"ssl.key.password", "kafka.tls_key_password_file", "KAFKA_TLS_KEY_PASSWORD"},
     kRegistrySecret}};

// Is the value of this property of librdkafka not for other eyes?
bool is_secret_property(std::string_view name);

// How it can be given, as the rest of a sentence.
std::string ways_to_give(std::string_view property);

// The first line's worth of a file that holds nothing else; `configuration`, naming the key.
base::Result<std::string> read_secret_file(const std::string& path, const std::string& key);

// Empty: none is given. The flag wins, then the environment, then the setting.
base::Result<std::string> secret_of(const Config& config, const Secret& secret);

// librdkafka's properties of the configuration, with the secrets that files and the environment hold; NAME or
// NAME_file among the properties comes last.
base::Result<std::map<std::string, std::string>> kafka_properties_with_secrets(const Config& config);

}  // namespace tickerhouse::app

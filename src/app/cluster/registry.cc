#include "app/cluster/registry.h"

#include <utility>

#include "app/config/secrets.h"
#include "sources/http_registry.h"

namespace tickerhouse::app {

namespace {

base::Result<std::unique_ptr<sources::Schemas>> open_place(const Config& config,
                                                           sources::RegistryPlace place) {
  place.url = config.values.at("kafka.schema_registry").text;
  place.user = config.values.at("kafka.schema_registry_user").text;
  ASSIGN_OR_RETURN(place.password, secret_of(config, kRegistrySecret));
  const auto authorities = config.kafka_properties.find("ssl.ca.location");
  if (authorities != config.kafka_properties.end()) place.authorities = authorities->second;
  if (place.url.empty())
    return base::Error{base::ErrorCode::configuration,
                       "--schema-registry URL says where the schemas of Avro messages are",
                       "kafka.schema_registry"};
  ASSIGN_OR_RETURN(auto registry, sources::open_http_registry(std::move(place)));
  return std::make_unique<sources::Schemas>(std::move(registry));
}

}  // namespace

base::Result<std::unique_ptr<sources::Schemas>> open_schemas(const Config& config) {
  return open_place(config, {});
}

base::Result<std::unique_ptr<sources::Schemas>> open_schemas_to_look(const Config& config,
                                                                     base::DurationNanos patience) {
  if (config.values.at("kafka.schema_registry").text.empty()) return std::unique_ptr<sources::Schemas>();
  sources::RegistryPlace place;
  place.patience = patience;
  return open_place(config, std::move(place));
}

}  // namespace tickerhouse::app

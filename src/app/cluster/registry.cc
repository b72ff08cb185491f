#include "app/cluster/registry.h"

#include "app/config/secrets.h"

namespace tickerhouse::app {

base::Result<sources::RegistryPlace> registry_of(const Config& config) {
  sources::RegistryPlace place;
  place.url = config.values.at("kafka.schema_registry").text;
  place.user = config.values.at("kafka.schema_registry_user").text;
  ASSIGN_OR_RETURN(place.password, secret_of(config, kRegistrySecret));
  const auto authorities = config.kafka_properties.find("ssl.ca.location");
  if (authorities != config.kafka_properties.end()) place.authorities = authorities->second;
  if (place.url.empty())
    return base::Error{base::ErrorCode::configuration,
                       "--schema-registry URL says where the schemas of Avro messages are",
                       "kafka.schema_registry"};
  return place;
}

}  // namespace tickerhouse::app

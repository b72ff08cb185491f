// A schema registry over HTTP, as Confluent's speaks it (Apicurio and Karapace do too):
// https://docs.confluent.io/platform/current/schema-registry/develop/api.html
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "sources/schemas.h"

namespace tickerhouse::sources {

struct RegistryPlace {
  std::string url;  // http:// or https://
  std::string user;
  std::string password;
  std::string authorities;                            // a PEM file; empty: the system's
  base::DurationNanos patience = 30 * base::kSecond;  // of an answer; of a connection a third of it
};

// `configuration`: that is no place. Nothing is asked yet.
base::Result<std::unique_ptr<SchemaRegistry>> open_http_registry(RegistryPlace place);

}  // namespace tickerhouse::sources

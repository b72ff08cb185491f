// Messages of others as rows of `events` (flow/message_rows.h), each read as a record of a foreign topic.
#pragma once

#include <memory>
#include <string>

#include "flow/message_rows.h"
#include "formats/mapping.h"
#include "sources/schemas.h"

namespace tickerhouse::sources {

struct OthersRowsOptions {
  std::string topic;         // the source of the events
  formats::Mapping mapping;  // as a user gives it
  base::DurationNanos skew = 0;
  std::unique_ptr<Schemas> schemas = {};  // of Avro
};

// `configuration`: the mapping does not fit messages.
base::Result<std::unique_ptr<flow::MessageRows>> make_others_rows(OthersRowsOptions options);

}  // namespace tickerhouse::sources

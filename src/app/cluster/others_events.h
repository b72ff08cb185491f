// A topic of others, keyed by symbol, as the events of a pipeline (docs/kafka.md): what declares it, for all
// processes and for ever, and how its messages are read.
#pragma once

#include <string>

#include "app/config/config.h"
#include "base/result.h"
#include "flow/message_rows.h"
#include "formats/mapping.h"

namespace tickerhouse::app {

// Of source.topic as source.keyed says. Asks a registry of Avro whether the mapping fits. `configuration`.
base::Result<std::string> declare_events(const Config& config, const formats::MappingText& mapping);

// What the declaration that is stored says; the registry of Avro is the configuration's. `configuration`: the
// one that is given now, if there is one, or ingest.skew says otherwise.
base::Result<flow::OthersEvents> read_events(const Config& config, const std::string& stored,
                                             const std::string& given);

}  // namespace tickerhouse::app

// Topics of a cluster, printed.
#pragma once

#include "base/result.h"
#include "tape/kafka/client.h"

namespace tickerhouse::app {

// To stdout; as one JSON value if asked for.
base::Status print_topics(tape::kafka::Client& client, bool json);
base::Status print_topic(tape::kafka::Client& client, const std::string& name, bool json);

}  // namespace tickerhouse::app

// Commands that speak of a Kafka cluster instead of a data directory.
#pragma once

#include <memory>

#include "app/command_line.h"
#include "app/config/config.h"
#include "base/result.h"
#include "tape/kafka/client.h"

namespace tickerhouse::app {

// --brokers without --data: the topics of the cluster, by its own names.
bool asks_of_cluster(const CommandLine& line);

// `configuration` if no brokers are given.
base::Result<tape::kafka::Connection> connection_of(const Config& config);
base::Result<std::unique_ptr<tape::kafka::Client>> open_cluster(const CommandLine& line);

}  // namespace tickerhouse::app

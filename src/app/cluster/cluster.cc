#include "app/cluster/cluster.h"

#include <utility>

#include "app/config/secrets.h"

namespace tickerhouse::app {
namespace {

constexpr base::DurationNanos kPatience = 10 * base::kSecond;  // somebody waits at a terminal

}  // namespace

bool asks_of_cluster(const CommandLine& line) {
  return line.settings.contains("kafka.brokers") && !line.settings.contains("data");
}

base::Result<tape::kafka::Connection> connection_of(const Config& config) {
  if (config.kafka_brokers.empty())
    return base::Error{base::ErrorCode::configuration, "--brokers HOST:PORT says where the cluster is",
                       "kafka.brokers"};
  ASSIGN_OR_RETURN(auto properties, kafka_properties_with_secrets(config));
  return tape::kafka::Connection{config.kafka_brokers, std::move(properties), kPatience};
}

base::Result<std::unique_ptr<tape::kafka::Client>> open_cluster(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, connection_of(config));
  return tape::kafka::open_overseer(connection);
}

}  // namespace tickerhouse::app

#include "tape/kafka/others/declared.h"

#include <vector>

#include "tape/kafka/topic_admin.h"

namespace tickerhouse::tape::kafka {
namespace {

base::Result<std::uint16_t> partitions_if_there(Client& client, const std::string& topic) {
  ASSIGN_OR_RETURN(const std::vector<TopicState> found, find_topics(client, {topic}));
  return static_cast<std::uint16_t>(found.empty() ? 0 : found.front().partitions.size());
}

}  // namespace

base::Result<Positions::Map> read_positions(Client& client, const TopicNames& names, Positions& positions) {
  ASSIGN_OR_RETURN(const std::uint16_t there, partitions_if_there(client, names.positions()));
  return there == 0 ? Positions::Map() : positions.read();
}

base::Status check_has_no_events(Client& client, const TopicNames& names) {
  const std::string own = names.of(flow::Topic::events);
  ASSIGN_OR_RETURN(const std::uint16_t there, partitions_if_there(client, own));
  if (there == 0) return {};
  return base::Error{base::ErrorCode::configuration,
                     "is there: the pipeline has events of its own, so no topic of others can be its events; "
                     "give another --pipeline and another --data directory",
                     std::string("Kafka, topic ").append(own)};
}

base::Result<std::uint16_t> partitions_of_others(Client& client, const TopicNames& names) {
  ASSIGN_OR_RETURN(const std::uint16_t now, partitions_if_there(client, names.others));
  const std::string where = std::string("Kafka, topic ").append(names.others);
  if (now == 0) return base::Error{base::ErrorCode::configuration, "there is no such topic", where};
  ASSIGN_OR_RETURN(const std::uint16_t at_first, partitions_if_there(client, names.of(flow::Topic::bars)));
  if (at_first == 0 || at_first == now) return now;
  return base::Error{
      base::ErrorCode::configuration,
      std::string("has ")
          .append(std::to_string(now))
          .append(" partitions, and had ")
          .append(std::to_string(at_first))
          .append(" when the pipeline was set up: symbols have moved, and their bars would each "
                  "lack trades; start anew with another --pipeline"),
      where};
}

}  // namespace tickerhouse::tape::kafka

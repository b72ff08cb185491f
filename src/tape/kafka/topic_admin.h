// The topics of a cluster, whoever made them: asking of them, and changing them. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/offset_admin.h"

namespace tickerhouse::tape::kafka {

struct PartitionState {
  std::int32_t id = 0;
  int leader = -1;  // a broker's id; -1: none now
  std::vector<int> replicas;
  std::vector<int> in_sync;
};

struct TopicState {
  std::string name;
  bool internal = false;                   // the brokers' own
  std::vector<PartitionState> partitions;  // by id

  // Of the partition that has fewest.
  [[nodiscard]] std::size_t replicas() const;
  [[nodiscard]] std::size_t in_sync() const;
};

struct TopicSetting {
  std::string name;
  std::string value;       // "" if the cluster keeps it to itself
  bool of_broker = false;  // else the topic's own
};

struct TopicDetails {
  TopicState state;
  std::vector<TopicSetting> settings;          // other than Kafka's defaults, by name
  std::map<std::int32_t, std::int64_t> first;  // offset by partition; none if a leader is silent
  std::map<std::int32_t, std::int64_t> next;
};

// By name.
base::Result<std::vector<TopicState>> list_topics(Client& client);

// Those of them that are there, in the order asked.
base::Result<std::vector<TopicState>> find_topics(Client& client, const std::vector<std::string>& names);

// Where the partitions begin and end; nothing of those that have no leader, nor of any while one is silent.
struct TopicEdges {
  Offsets first;
  Offsets next;
};
base::Result<TopicEdges> edges_of(Client& client, const std::vector<TopicState>& topics);

// All partitions of a topic. `not_found`, as all that follow.
base::Result<std::vector<Place>> places_of(Client& client, const std::string& topic);
base::Result<TopicDetails> describe_topic(Client& client, const std::string& name);

struct TopicOrder {
  std::string name;
  int partitions = -1;   // -1: what the brokers think right
  int replication = -1;  // likewise
  std::map<std::string, std::string> settings;
};
// Returns when every partition has a leader. `configuration` if it is there already or the cluster cannot
// make it so, `invalid_argument` for a name or number that cannot be.
base::Status create_topic(Client& client, const TopicOrder& order);

base::Status delete_topic(Client& client, const std::string& name);

struct TopicChange {
  std::map<std::string, std::optional<std::string>> settings;  // nullopt: back to the default
  int partitions = 0;                                          // more than now; 0: as it is
};
// Settings that are not named stay. `configuration` for partitions of a pipeline's topic: which of them a
// symbol is in hangs on their number.
base::Status alter_topic(Client& client, const std::string& name, const TopicChange& change);

// The pipeline whose topic it is (P of "P.events", if "P.positions" is there); empty: of none.
base::Result<std::string> pipeline_of(Client& client, const std::string& name);

}  // namespace tickerhouse::tape::kafka

// The Kafka cluster that holds a shared tape, as people look at it: brokers, the pipeline's topics, who reads
// them, and the messages as they lie there. Looking moves nothing.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::flow {

struct Broker {
  int id = 0;
  std::string address;  // HOST:PORT
  bool controller = false;
};

struct ClusterPartition {
  std::int32_t id = 0;
  int leader = -1;  // a broker's id; -1: none now
  std::vector<int> replicas;
  std::vector<int> in_sync;
  std::optional<std::int64_t> first;  // none: its leader does not answer
  std::optional<std::int64_t> next;
};

struct ClusterTopic {
  std::string name;
  std::vector<ClusterPartition> partitions;  // by id
};

struct ClusterPlace {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const ClusterPlace&) const = default;
};

struct ReaderMember {
  std::string id;
  std::string instance_id;  // of a static member; else empty
  std::string client_id;
  std::string host;
  std::vector<ClusterPlace> partitions;
};

struct ReaderOffset {
  ClusterPlace place;
  std::optional<std::int64_t> committed;  // none: it has a member and no offset yet
  std::optional<std::int64_t> lag;        // in offsets; none: committed or the end is not known
};

// A consumer group that reads topics of the pipeline; its other topics are left out.
struct ReaderGroup {
  std::string name;
  std::string state;  // Stable, Empty, PreparingRebalance, ...
  std::string protocol;
  std::string coordinator;
  std::vector<ReaderMember> members;
  std::vector<ReaderOffset> offsets;  // by place
};

struct ClusterState {
  std::string id;
  std::string pipeline;
  std::vector<Broker> brokers;       // by id
  std::vector<ClusterTopic> topics;  // those that the pipeline has
  std::vector<ReaderGroup> groups;   // by name
  std::size_t groups_left_out = 0;   // of the cluster: too many to ask each, or not ours to ask
  std::string groups_error;          // why there are no groups; else empty
};

struct ClusterMessage {
  std::int64_t offset = 0;
  base::TsNanos time = base::kNoTime;  // as its producer or the broker has stamped it
  std::optional<std::string> key;
  std::optional<std::string> value;  // none: a tombstone
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  std::uint64_t value_bytes = 0;
  bool cut = false;  // of key, value or a header there is only the beginning
};

struct MessageQuery {
  enum class From : std::uint8_t { newest, offset, time, before };
  ClusterPlace place;
  From from = From::newest;
  std::int64_t at = 0;        // an offset (before: exclusive), or a time in ns
  std::size_t limit = 20;     // messages
  std::size_t bytes_max = 0;  // of each key, value and header; 0: all of them
};

// Committed messages, ascending.
struct MessagePage {
  std::int64_t first = 0;  // what the partition holds
  std::int64_t end = 0;
  std::vector<ClusterMessage> messages;
  std::optional<std::int64_t> older;  // messages before it are the page before; none: there are none
  std::optional<std::int64_t> newer;  // the page after begins there; none: this was the end
};

// Any thread; a call may take some seconds.
class ClusterView {
 public:
  virtual ~ClusterView() = default;
  // `io`: the brokers do not answer in time; `configuration`: they refuse us.
  virtual base::Result<ClusterState> state() = 0;
  // Likewise; `not_found`: the pipeline has no such topic or partition.
  virtual base::Result<MessagePage> messages(const MessageQuery& query) = 0;
};

}  // namespace tickerhouse::flow

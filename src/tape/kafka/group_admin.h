// The consumer groups of a cluster: who is in them, how far they are, and setting that back. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/offset_admin.h"

namespace tickerhouse::tape::kafka {

using GroupMember = flow::ReaderMember;

struct GroupState {
  std::string name;
  std::string state;        // Stable, Empty, PreparingRebalance, ...
  std::string protocol;     // classic or consumer (KIP-848); empty: the broker does not say
  std::string assignor;     // empty: none chosen
  std::string coordinator;  // "HOST:PORT (id N)"
  std::vector<GroupMember> members;
};

// How far a group is in one partition.
struct GroupOffset {
  Place place;
  std::optional<std::int64_t> committed;  // the next message to read; none: nothing was committed
  std::int64_t end = 0;

  [[nodiscard]] std::optional<std::int64_t> lag() const;  // in messages, never negative
};

// For what follows about one group. librdkafka 2.15 ends the process when the coordinator moves while a
// client that has no group of its own asks for committed offsets; this one has, and never joins it.
base::Result<std::unique_ptr<Client>> open_for_group(const Connection& connection, const std::string& name);

// By name; any client.
base::Result<std::vector<GroupState>> list_groups(Client& client);

// `not_found`, as all that follow.
base::Result<GroupState> describe_group(Client& client, const std::string& name);

// What the group has committed, whether it has members or not. Any client with a group of its own.
base::Result<Offsets> committed(Client& client, const std::string& group);

// Of every partition that has a committed offset or a member; those of deleted topics are left out.
base::Result<std::vector<GroupOffset>> offsets_of(Client& client, const GroupState& group);

enum class ResetTo { beginning, end, offset, time, shift };
struct Reset {
  ResetTo to = ResetTo::beginning;
  std::int64_t value = 0;           // the offset, the time (ns), or by how many messages (negative: back)
  std::vector<std::string> topics;  // all their partitions; empty: the partitions with a committed offset
  bool dry_run = false;
};
struct ResetOffset {
  Place place;
  std::optional<std::int64_t> before;
  std::optional<std::int64_t> after;  // none: left alone, for there was nothing to shift
};
// New offsets never leave what the partition holds. `busy` while the group has members: they would commit
// over it.
base::Result<std::vector<ResetOffset>> reset_group(Client& client, const std::string& name,
                                                   const Reset& reset);

// `busy` while it has members.
base::Status delete_group(Client& client, const std::string& name);

}  // namespace tickerhouse::tape::kafka

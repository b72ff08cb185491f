// Where partitions begin and end, and where a time lies in them: many at once, asked of their leaders.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "flow/cluster.h"
#include "tape/kafka/client.h"

namespace tickerhouse::tape::kafka {

using Place = flow::ClusterPlace;  // a partition of any topic of the cluster

using Offsets = std::map<Place, std::int64_t>;

enum class Edge {
  beginning,   // of the first message that is kept
  end,         // after the last message, transactions that are open included
  stable_end,  // before the first transaction that is open: as far as readers of committed messages see
};

// `not_found` if a partition is not there.
base::Result<Offsets> offsets_at(Client& client, const std::vector<Place>& places, Edge edge);

// Of the first message that is not older than `time` (its own timestamp, in whole milliseconds); the end of
// the partition where there is none.
base::Result<Offsets> offsets_from(Client& client, const std::vector<Place>& places, base::TsNanos time);

}  // namespace tickerhouse::tape::kafka

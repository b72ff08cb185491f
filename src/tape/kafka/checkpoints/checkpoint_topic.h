// The newest checkpoints of the shards in a compacted topic, each in the partition of its events.
//
// A checkpoint is written by the producer that commits its shard's results, in a transaction of its own: all
// of it is seen or nothing, and once another process has taken the shard over, a zombie's is refused. So in
// each partition the last one is the newest by offset too, and what retention has cut up to one of them can
// never be needed by a later one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape::kafka {

// None: there is no whole one, or the pipeline is of a version without this topic. `overseer` sees the end of
// the log, transactions that are still open included.
base::Result<std::optional<std::string>> newest_checkpoint(FetchPool& pool, Client& overseer,
                                                           const std::string& topic, std::uint16_t partition);

}  // namespace tickerhouse::tape::kafka

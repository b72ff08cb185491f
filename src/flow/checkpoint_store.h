// Where the states of shards are kept, so that whoever takes a shard over need not step its whole tape again.
//
// A checkpoint only saves time, for it is a pure function of the tape up to its offset: recovery from an
// older one, or from the beginning of the tape, ends in the same state, whoever has written it. But what
// retention has cut can be had from a checkpoint alone. A store may be used from several threads, each shard
// by one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/tape.h"

namespace tickerhouse::flow {

struct ShardState {
  std::string_view writer;  // the shard's on the tape
  std::uint16_t partition = 0;
  Offset next;                // of the events: all before it are in the state
  std::string_view position;  // the shard's committed position at that offset
  std::string_view bytes;
};

class CheckpointStore {
 public:
  enum class Order { newest_first, oldest_first };
  // true: that will do. `bytes` is what was saved, unless it is damaged.
  using Take = std::function<bool(const std::string& name, std::string_view bytes)>;

  virtual ~CheckpointStore() = default;
  // Durable when it returns, whole or not at all; older ones may go. `busy`: the store can tell that the
  // shard is another process's by now.
  virtual base::Status save(const ShardState& state) = 0;
  // Gives those that are kept of the partition, one after the other, until one is taken.
  virtual base::Status look(std::uint16_t partition, Order order, const Take& take) = 0;
};

}  // namespace tickerhouse::flow

// One checkpoint as messages (docs/kafka.md): chunks that each fit a message, in order, keyed so that
// compaction keeps those of the newest. Knows nothing of brokers.
//
//   key      shard/2 0, shard/2 1, ...
//   headers  kind = checkpoint, offset, chunk, chunks, hash (of the whole)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "flow/checkpoint_store.h"
#include "tape/kafka/messages.h"

namespace tickerhouse::tape::kafka {

// A message of ours (kMessageBytesMax) less key, headers and what Kafka adds.
inline constexpr std::size_t kChunkBytesMax = (std::size_t{8} << 20U) - (std::size_t{64} << 10U);

// Calls `take` for each chunk.
base::Status write_chunks(const flow::ShardState& state, std::size_t chunk_bytes, const TakeMessage& take);

// Puts the messages of one partition together again, as they follow each other in it. One that is not whole,
// for a chunk of it is missing or differs, is passed over.
class ChunkGatherer {
 public:
  void add(const Message& message);
  // The newest whole one so far.
  [[nodiscard]] const std::optional<std::string>& newest() const { return newest_; }

 private:
  std::string id_;  // of the one whose chunks come: offset, number of chunks, hash
  std::uint64_t next_ = 0;
  std::string bytes_;
  std::optional<std::string> newest_;
};

}  // namespace tickerhouse::tape::kafka

#include "tape/kafka/checkpoints/checkpoint_topic.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tape/kafka/checkpoints/chunks.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::int64_t kFirstLook = 2;  // offsets: a checkpoint of one chunk, and its transaction's mark
constexpr std::int64_t kWiden = 8;      // times as many in the next look
// A transaction is decided a moment before readers see it. One that a killed process has left open holds no
// checkpoint, and is not waited for.
constexpr std::chrono::milliseconds kSettles(500);

base::Status gather(Fetch& fetch, std::int64_t end, ChunkGatherer& gatherer) {
  const auto deadline = std::chrono::steady_clock::now() + kSettles;
  while (true) {
    ASSIGN_OR_RETURN(const rd_kafka_message_s* raw, fetch.next());
    if (raw != nullptr) {
      gatherer.add(message_of(*raw));
      continue;
    }
    if (fetch.end_offset() >= end || std::chrono::steady_clock::now() > deadline) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

// From the end backwards, for what is not compacted yet may be long.
base::Result<std::optional<std::string>> newest_checkpoint(FetchPool& pool, Client& overseer,
                                                           const std::string& topic,
                                                           std::uint16_t partition) {
  const auto found = watermarks(overseer, topic, partition);
  if (!found.ok() && found.error().code == base::ErrorCode::not_found) return std::optional<std::string>();
  if (!found.ok()) return found.error();
  for (std::int64_t back = kFirstLook;; back *= kWiden) {
    const std::int64_t from = std::max(found->low, found->high - back);
    ChunkGatherer gatherer;
    if (from < found->high) {
      ASSIGN_OR_RETURN(const auto fetch, Fetch::open(pool, topic, partition, from, 0));
      RETURN_IF_ERROR(gather(*fetch, found->high, gatherer));
    }
    if (gatherer.newest() || from == found->low) return gatherer.newest();
  }
}

}  // namespace tickerhouse::tape::kafka

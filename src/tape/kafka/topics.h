// The topics of one pipeline: their names, how they are made, and what is asked of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/tape.h"
#include "tape/kafka/client.h"

namespace tickerhouse::tape::kafka {

// What the topics of a pipeline are called.
struct TopicNames {
  std::string pipeline;
  std::string others = {};  // the topic of others that is its `events`; empty: PIPELINE.events

  [[nodiscard]] std::string of(flow::Topic topic) const;  // "tickerhouse.bars"
  [[nodiscard]] std::string positions() const;
  [[nodiscard]] std::string checkpoints() const;
  [[nodiscard]] std::vector<std::string> ours() const;  // that the pipeline writes
  [[nodiscard]] std::vector<std::string> all() const;
};

// What a message of ours may need; our topics are made so.
inline constexpr std::int64_t kMessageBytesMax = std::int64_t{8} << 20U;

// Letters, digits, '-' and '_', at most 100: it begins the names of topics and of transactions.
bool is_pipeline_name(std::string_view name);

struct TopicPlan {
  std::uint16_t partitions =
      4;  // of events and of what follows from it; rejects, symbols and positions have one
  std::int16_t replication = -1;  // -1: what the brokers think right
};

// Makes the topics that are missing. `configuration` if one that is there has another number of partitions,
// `not_found` if the one of others is not there.
base::Status ensure_topics(Client& client, const TopicNames& names, const TopicPlan& plan);

// `not_found` if the pipeline has no topics, `configuration` if one of them is missing that every version
// has; else the partitions of events.
base::Result<std::uint16_t> partitions_of(Client& client, const TopicNames& names);

struct Watermarks {
  std::int64_t low = 0;
  std::int64_t high = 0;
};
// As the leader has them now; `high` is the last stable offset for a reader, the end of the log for others.
base::Result<Watermarks> watermarks(Client& client, const std::string& topic, std::uint16_t partition);

// Lets the broker delete what lies before `to`.
base::Status delete_before(Client& client, const std::string& topic, std::uint16_t partition,
                           std::int64_t to);

}  // namespace tickerhouse::tape::kafka

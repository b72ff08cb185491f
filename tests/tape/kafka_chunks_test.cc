#include "tape/kafka/checkpoints/chunks.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tickerhouse::tape::kafka {
namespace {

// A message that owns what it holds, as it lies in the topic.
struct Kept {
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] Message message() const {
    Message message;
    message.key = key;
    message.has_key = true;
    message.value = value;
    for (const auto& [name, text] : headers) message.add(name, text);
    return message;
  }
};

std::vector<Kept> chunks_of(std::uint64_t offset, const std::string& bytes, std::size_t chunk_bytes) {
  std::vector<Kept> kept;
  const auto take = [&](const Message& message) -> base::Status {
    Kept& one = kept.emplace_back(Kept{std::string(message.key), std::string(message.value), {}});
    for (std::size_t i = 0; i < message.header_count; ++i)
      one.headers.emplace_back(message.headers.at(i).name, message.headers.at(i).value);
    return {};
  };
  EXPECT_TRUE(write_chunks({"shard/2", 2, {offset}, "position", bytes}, chunk_bytes, take).ok());
  return kept;
}

std::vector<Kept> operator+(std::vector<Kept> a, const std::vector<Kept>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::optional<std::string> newest_of(const std::vector<Kept>& topic) {
  ChunkGatherer gatherer;
  for (const Kept& kept : topic) gatherer.add(kept.message());
  return gatherer.newest();
}

// What the broker leaves: the last message of each key.
std::vector<Kept> compacted(const std::vector<Kept>& topic) {
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < topic.size(); ++i) last[topic[i].key] = i;
  std::vector<Kept> left;
  for (std::size_t i = 0; i < topic.size(); ++i)
    if (last[topic[i].key] == i) left.push_back(topic[i]);
  return left;
}

const std::string kOld = "the state as it was, rather longer than the new one";
const std::string kNew = "the state as it is now";

TEST(KafkaChunks, AnyChunkSizeGivesTheBytesBack) {
  for (std::size_t size = 1; size <= kNew.size() + 1; ++size) {
    const auto topic = chunks_of(17, kNew, size);
    EXPECT_EQ(topic.size(), (kNew.size() + size - 1) / size);
    for (const Kept& kept : topic) EXPECT_LE(kept.value.size(), size);
    EXPECT_EQ(newest_of(topic), kNew) << size;
  }
  EXPECT_EQ(newest_of(chunks_of(0, "", 5)), "");
  EXPECT_EQ(chunks_of(17, kNew, 10)[1].key, "shard/2 1");
}

TEST(KafkaChunks, TheNewestIsTakenBeforeAndAfterCompaction) {
  const auto topic = chunks_of(17, kOld, 10) + chunks_of(40, kNew, 10);
  EXPECT_EQ(newest_of(topic), kNew);
  EXPECT_LT(compacted(topic).size(), topic.size());
  EXPECT_EQ(newest_of(compacted(topic)), kNew);
  const auto grown = chunks_of(17, kNew, 10) + chunks_of(40, kOld, 10);
  EXPECT_EQ(newest_of(compacted(grown)), kOld);
}

TEST(KafkaChunks, OneWithoutOneOfItsChunksIsPassedOver) {
  const auto older = chunks_of(17, kOld, 10);
  const auto newer = chunks_of(40, kNew, 10);
  ASSERT_EQ(newer.size(), 3U);
  for (std::size_t missing = 0; missing < newer.size(); ++missing) {
    auto torn = newer;
    torn.erase(torn.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_FALSE(newest_of(torn)) << missing;
    EXPECT_EQ(newest_of(older + torn), kOld) << missing;
  }
}

TEST(KafkaChunks, ChunksOfTwoAreNeverMixed) {
  const auto one = chunks_of(17, kNew, 10);
  std::string other = kNew;
  other[12] ^= 1;
  const auto two = chunks_of(17, other, 10);  // of the same offset and length
  EXPECT_FALSE(newest_of({one[0], two[1], one[2]}));
  EXPECT_FALSE(newest_of({one[0], one[2], one[1]}));
  EXPECT_FALSE(newest_of({one[1], one[2]}));
}

TEST(KafkaChunks, WhatIsNoChunkOrDamagedIsNone) {
  auto topic = chunks_of(17, kNew, 10);
  for (std::size_t byte = 0; byte < topic[1].value.size(); ++byte) {
    auto damaged = topic;
    damaged[1].value[byte] ^= 1;
    EXPECT_FALSE(newest_of(damaged));
  }
  for (std::size_t header = 0; header < topic[1].headers.size(); ++header) {
    auto damaged = topic;
    damaged[1].headers[header].second = "7x";
    EXPECT_FALSE(newest_of(damaged)) << topic[1].headers[header].first;
    damaged[1].headers.erase(damaged[1].headers.begin() + static_cast<std::ptrdiff_t>(header));
    EXPECT_FALSE(newest_of(damaged)) << topic[1].headers[header].first;
  }
  EXPECT_EQ(newest_of(topic + std::vector<Kept>{{"somebody's", "row", {}}}), kNew);
}

}  // namespace
}  // namespace tickerhouse::tape::kafka

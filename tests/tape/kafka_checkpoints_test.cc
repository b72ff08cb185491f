// Checkpoints in a topic of a real broker, which tests/kafka/test_tape.py starts and names in
// KAFKA_BOOTSTRAP_SERVERS.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "tape/kafka_tape.h"

namespace tickerhouse::tape {
namespace {

// One process that runs shard 3.
struct Process {
  explicit Process(const KafkaTapeOptions& options) : tape(std::move(open_kafka_tape(options)).value()) {}

  base::Result<flow::CommitOutcome> commit(std::string_view before, std::string_view after) {
    return tape->commit({"shard/3", before, after, {}, flow::Claim::results});
  }
  base::Status save(std::uint64_t offset, std::string_view position, std::string_view bytes) {
    return checkpoints->save({"shard/3", 3, {offset}, position, bytes});
  }
  std::optional<std::string> newest(std::uint16_t partition = 3) {
    std::optional<std::string> found;
    const auto looked = checkpoints->look(partition, flow::CheckpointStore::Order::newest_first,
                                          [&found](const std::string&, std::string_view bytes) {
                                            found = bytes;
                                            return true;
                                          });
    EXPECT_TRUE(looked.ok()) << looked.error().message();
    return found;
  }

  std::unique_ptr<flow::Tape> tape;
  std::unique_ptr<flow::CheckpointStore> checkpoints = checkpoints_of_kafka_tape(*tape);
};

class KafkaCheckpoints : public testing::Test {
 protected:
  KafkaCheckpoints() {
    static int count = 0;
    options.connection.brokers = std::getenv("KAFKA_BOOTSTRAP_SERVERS");
    options.pipeline = std::string("checkpoints-")
                           .append(std::to_string(getpid()))
                           .append("-")
                           .append(std::to_string(++count));
  }
  KafkaTapeOptions options;
};

std::string noise(std::size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST_F(KafkaCheckpoints, OneThatFitsNoMessageComesBackWhole) {
  Process writer(options);
  ASSERT_TRUE(writer.commit("", "a").ok());
  const std::string large = noise((std::size_t{20} << 20U) + 17);
  ASSERT_TRUE(writer.save(10, "a", large).ok());
  Process reader(options);
  EXPECT_TRUE(reader.newest() == large);
  EXPECT_FALSE(reader.newest(2)) << "another shard's";
  // A small one after it, as a state shrinks when windows close.
  ASSERT_TRUE(writer.save(20, "a", "small").ok());
  EXPECT_EQ(reader.newest(), "small");
}

TEST_F(KafkaCheckpoints, TheNewestOfMany) {
  Process writer(options);
  ASSERT_TRUE(writer.commit("", "a").ok());
  EXPECT_FALSE(writer.newest());
  for (int i = 1; i <= 30; ++i)
    ASSERT_TRUE(writer.save(static_cast<std::uint64_t>(i), "a", std::to_string(i)).ok());
  EXPECT_EQ(writer.newest(), "30");
  EXPECT_EQ(Process(options).newest(), "30");
}

TEST_F(KafkaCheckpoints, AZombieIsRefused) {
  Process zombie(options);
  ASSERT_TRUE(zombie.commit("", "a").ok());
  Process successor(options);
  ASSERT_TRUE(successor.commit("a", "b").ok());
  ASSERT_TRUE(successor.save(20, "b", "newer").ok());
  const base::Status late = zombie.save(10, "a", "older");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, base::ErrorCode::busy);
  EXPECT_EQ(successor.newest(), "newer");
  ASSERT_TRUE(successor.commit("b", "c").ok()) << "it was not fenced in turn";
}

TEST_F(KafkaCheckpoints, OneThatIsNotOfTheShardsPositionIsRefused) {
  Process writer(options);
  ASSERT_TRUE(writer.commit("", "a").ok());
  const base::Status refused = writer.save(10, "b", "of a commit that never was");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::busy);
  EXPECT_FALSE(writer.newest());
}

}  // namespace
}  // namespace tickerhouse::tape

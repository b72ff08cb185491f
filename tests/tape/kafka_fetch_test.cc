// Fetching from a real broker, which tests/kafka/test_tape.py starts and names in KAFKA_BOOTSTRAP_SERVERS.
#include "tape/kafka/fetch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tape/kafka/topics.h"
#include "tape/kafka_tape.h"

namespace tickerhouse::tape {
namespace {

constexpr int kWaitMs = 10'000;

// Of a topic that trickles, the client hears of an end after nearly each message, and has them in a queue.
TEST(KafkaFetch, EndsOnTheWayAreNoEnd) {
  KafkaTapeOptions options;
  options.connection.brokers = std::getenv("KAFKA_BOOTSTRAP_SERVERS");
  options.pipeline = std::string("fetch-").append(std::to_string(getpid()));
  const auto tape = std::move(open_kafka_tape(options)).value();
  kafka::FetchPool pool(options.connection, kafka::FetchPool::Pace::looks);
  const auto fetch =
      std::move(kafka::Fetch::open(pool, kafka::TopicNames{options.pipeline}.positions(), 0, 0, 0)).value();
  std::vector<std::string> written;
  std::string before;
  for (const char* after : {"one", "two", "three", "four"}) {
    ASSERT_TRUE(tape->commit({"writer", before, after, {}, flow::Claim::results}).ok());
    written.emplace_back(before = after);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  std::vector<kafka::FetchedValue> values;
  ASSERT_TRUE(fetch->next_values(kWaitMs, values).ok());
  std::vector<kafka::FetchedValue> none;
  ASSERT_TRUE(fetch->next_values(kWaitMs, none).ok());
  EXPECT_TRUE(none.empty());
  EXPECT_TRUE(fetch->at_end());
  std::vector<std::string> read;  // still there, until they are released
  for (const kafka::FetchedValue& value : values) read.emplace_back(value.value.value_or(""));
  EXPECT_EQ(read, written);
  fetch->release();
}

// Whoever does not wait gets what has come, and hears that nothing is known of the end.
TEST(KafkaFetch, NothingIsWaitedForThatIsNotAskedFor) {
  KafkaTapeOptions options;
  options.connection.brokers = std::getenv("KAFKA_BOOTSTRAP_SERVERS");
  options.pipeline = std::string("at-once-").append(std::to_string(getpid()));
  const auto tape = std::move(open_kafka_tape(options)).value();
  ASSERT_TRUE(tape->commit({"writer", "", "one", {}, flow::Claim::results}).ok());
  kafka::FetchPool pool(options.connection, kafka::FetchPool::Pace::looks);
  const auto fetch =
      std::move(kafka::Fetch::open(pool, kafka::TopicNames{options.pipeline}.positions(), 0, 0, 1)).value();
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_EQ(fetch->next(0).value(), nullptr);  // no broker answers that fast
  EXPECT_FALSE(fetch->at_end());
  EXPECT_FALSE(fetch->has_reached());
  const rd_kafka_message_s* message = nullptr;
  while (message == nullptr && std::chrono::steady_clock::now() - asked < std::chrono::seconds(30))
    message = fetch->next(0).value();
  ASSERT_NE(message, nullptr);
  EXPECT_EQ(kafka::message_of(*message).value, "one");
  EXPECT_TRUE(fetch->has_reached());
  EXPECT_LE(fetch->ahead(), 1);  // the mark of the transaction
  EXPECT_EQ(fetch->next().value(), nullptr);
  EXPECT_TRUE(fetch->at_end());
  EXPECT_EQ(fetch->end_offset(), 2);
}

}  // namespace
}  // namespace tickerhouse::tape

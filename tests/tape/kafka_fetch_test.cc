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
  ASSERT_TRUE(fetch->next_values(values).ok());
  std::vector<std::string> read;
  for (const kafka::FetchedValue& value : values) read.emplace_back(value.value.value_or(""));
  EXPECT_EQ(read, written);
  values.clear();
  ASSERT_TRUE(fetch->next_values(values).ok());
  EXPECT_TRUE(values.empty());
  EXPECT_TRUE(fetch->at_end());
}

}  // namespace
}  // namespace tickerhouse::tape

// Rows as messages of Kafka, without a broker: what holds a batch together, what ends it, what is refused.
#include "tape/kafka/messages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tape/kafka/topics.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse::tape::kafka {
namespace {

struct Sent {
  std::string key;
  bool has_key = false;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers;
};

std::vector<Sent> sent(flow::Topic topic, const std::string& sealed) {
  std::vector<Sent> all;
  MessageWriter writer;
  const auto batch = contract::ok(market::BatchBytes::open(sealed));
  const base::Status done = writer.write(topic, batch, [&](const Message& message) -> base::Status {
    Sent& one = all.emplace_back();
    one.key = message.key;
    one.has_key = message.has_key;
    one.value = message.value;
    for (std::size_t i = 0; i < message.header_count; ++i)
      one.headers.emplace_back(message.headers.at(i).name, message.headers.at(i).value);
    return {};
  });
  EXPECT_TRUE(done.ok());
  return all;
}

Message as_message(const Sent& one) {
  Message message;
  message.key = one.key;
  message.has_key = one.has_key;
  message.value = one.value;
  for (const auto& [name, value] : one.headers) message.add(name, value);
  return message;
}

TEST(KafkaMessages, AnEventIsJsonUnderItsSymbol) {
  const auto all = sent(flow::Topic::events, contract::numbered_batch(7, 2));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].key, "AAPL");
  EXPECT_EQ(
      all[0].value,
      R"({"symbol":"AAPL","price":0.000000001,"volume":0,"ts":"1970-01-01T00:00:01Z","ts_epoch_ms":1000,"kind":"trade","seq":7})");
  EXPECT_EQ(all[0].headers, (std::vector<std::pair<std::string, std::string>>{{"kind", "trade"}}));
}

TEST(KafkaMessages, AResultBearsItsSequence) {
  const auto all = sent(flow::Topic::late, contract::numbered_batch(40, 3));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[2].headers,
            (std::vector<std::pair<std::string, std::string>>{{"kind", "trade"}, {"sequence", "42"}}));
  EXPECT_EQ(contract::ok(sequence_of(as_message(all[2]))), 42U);
}

TEST(KafkaMessages, ABatchEndsWhereASequenceDoesNotFollow) {
  auto all = sent(flow::Topic::late, contract::numbered_batch(40, 4));
  all.erase(all.begin() + 2);
  BatchGatherer gatherer;
  EXPECT_TRUE(contract::ok(gatherer.add(flow::Topic::late, as_message(all[0]))));
  EXPECT_TRUE(contract::ok(gatherer.add(flow::Topic::late, as_message(all[1]))));
  EXPECT_FALSE(contract::ok(gatherer.add(flow::Topic::late, as_message(all[2]))));
  const std::string first(gatherer.seal());
  EXPECT_EQ(contract::ok(market::BatchBytes::open(first)).row_count(), 2U);
  gatherer.clear();
  EXPECT_TRUE(contract::ok(gatherer.add(flow::Topic::late, as_message(all[2]))));
  EXPECT_EQ(contract::ok(market::BatchBytes::open(std::string(gatherer.seal()))).header().first_sequence,
            43U);
}

TEST(KafkaMessages, WhatIsNoMessageOfOursIsDamage) {
  BatchGatherer gatherer;
  Message garbage;
  garbage.value = "hello";
  for (const flow::Topic topic : {flow::Topic::events, flow::Topic::bars, flow::Topic::rejects}) {
    const auto added = gatherer.add(topic, garbage);
    ASSERT_FALSE(added.ok());
    EXPECT_EQ(added.error().code, base::ErrorCode::damaged);
  }
  garbage.add("kind", "reject");
  garbage.add("sequence", "1");
  EXPECT_FALSE(gatherer.add(flow::Topic::rejects, garbage).ok());
  EXPECT_EQ(gatherer.size(), 0U);
}

TEST(KafkaMessages, NamesOfPipelines) {
  for (const char* name : {"tickerhouse", "a", "A-1_b"}) EXPECT_TRUE(is_pipeline_name(name)) << name;
  for (const char* name : {"", "a b", "a.b", "ä", "x/y"}) EXPECT_FALSE(is_pipeline_name(name)) << name;
  EXPECT_FALSE(is_pipeline_name(std::string(101, 'x')));
  EXPECT_EQ(TopicNames{"p"}.of(flow::Topic::bars), "p.bars");
}

}  // namespace
}  // namespace tickerhouse::tape::kafka

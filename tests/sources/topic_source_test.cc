// A foreign topic as a source: merged by time, gone on with at every record, and what can be wrong with it.
#include "sources/topic_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "market/reject.h"
#include "tests/sources/input_support.h"
#include "tests/sources/simulator_support.h"

namespace tickerhouse::sources {
namespace {

// Messages by partition; the topic keeps those from `begin` on, a fetch gives at most `block`.
struct Topic {
  struct Message {
    std::uint64_t offset = 0;
    std::optional<std::string> value;
  };
  struct Partition {
    std::uint64_t begin = 0;
    std::vector<Message> messages;
    int silent = 0;        // so many fetches hear nothing from the brokers
    int fails = -1;        // after so many fetches one fails; -1: none
    bool deleted = false;  // what a reader wants next, until it starts anew
    [[nodiscard]] std::uint64_t end() const { return messages.empty() ? begin : messages.back().offset + 1; }
  };
  std::string identity = "cluster/one";
  std::vector<Partition> partitions;
  std::size_t block = 2;
  int waits = 0;  // fetches that might

  void add(std::size_t partition, std::optional<std::string> value, std::uint64_t holes = 0) {
    partitions.resize(std::max(partitions.size(), partition + 1));
    Partition& to = partitions[partition];
    to.messages.push_back({to.end() + holes, std::move(value)});
  }
};

class FakeFeed final : public TopicFeed {
 public:
  explicit FakeFeed(Topic& topic) : topic_(topic) {}
  [[nodiscard]] const std::string& topic() const override { return name_; }
  [[nodiscard]] const std::string& identity() const override { return topic_.identity; }
  base::Result<std::vector<TopicExtent>> extents() override {
    std::vector<TopicExtent> extents;
    for (const Topic::Partition& partition : topic_.partitions)
      extents.push_back({partition.begin, partition.end()});
    return extents;
  }
  base::Status start(std::uint16_t partition, std::uint64_t from) override {
    next_[partition] = from;
    if (topic_.partitions.size() > partition) topic_.partitions[partition].deleted = false;
    return {};
  }
  base::Result<Fetched> fetch(std::uint16_t partition, Wait wait,
                              std::vector<TopicMessage>& messages) override {
    Topic::Partition& from = topic_.partitions.at(partition);
    if (wait != Wait::no) ++topic_.waits;
    if (from.fails-- == 0) return base::Error{base::ErrorCode::io, "is away", "topic"};
    if (from.deleted) return base::Error{base::ErrorCode::damaged, "offset out of range", "topic"};
    if (from.silent > 0) {
      --from.silent;
      return Fetched::waiting;
    }
    std::vector<Topic::Message>& held = held_[partition].emplace_back();
    std::uint64_t& next = next_.at(partition);
    for (const Topic::Message& message : from.messages)
      if (message.offset >= next && held.size() < topic_.block) held.push_back(message);
    if (held.empty()) return Fetched::end;
    for (const Topic::Message& message : held) {
      messages.push_back({message.offset, std::nullopt});
      if (message.value) messages.back().value = *message.value;
    }
    next = messages.back().offset + 1;
    return Fetched::messages;
  }
  void release(std::uint16_t partition) override {
    while (held_[partition].size() > 1) held_[partition].pop_front();
  }

 private:
  Topic& topic_;
  std::string name_ = "ticks";
  std::map<std::uint16_t, std::uint64_t> next_;
  std::map<std::uint16_t, std::deque<std::vector<Topic::Message>>> held_;  // copies, by fetch: they die
};

TopicOptions with(const formats::Mapping& mapping) {
  TopicOptions options;
  options.mapping = mapping;
  return options;
}
TopicOptions followed(bool follow) {
  TopicOptions options;
  options.follow = follow;
  return options;
}
TopicOptions going_on(const std::string& position, bool follow = false, bool accept_gap = false) {
  TopicOptions options = followed(follow);
  options.accept_gap = accept_gap;
  options.known = {{"ticks", position}};
  return options;
}

std::string trade(const std::string& symbol, int second) {
  const std::string two = std::to_string(100 + second).substr(1);
  return R"({"symbol":")" + symbol + R"(","price":1.5,"volume":2,"ts":"2026-01-05T14:30:)" + two + R"(Z"})";
}
std::string finnhub(std::int64_t first_ms) {
  const auto one = [](std::int64_t ms) {
    return R"({"p":10,"s":"IBM","t":)" + std::to_string(ms) + R"(,"v":1})";
  };
  return R"({"type":"trade","data":[)" + one(first_ms) + "," + one(first_ms + 1) + "," + one(first_ms + 2) +
         "]}";
}

OpenedInput open(Topic& topic, TopicOptions options = {}) {
  auto opened = open_topic(std::make_unique<FakeFeed>(topic), options);
  CHECK(opened.ok());
  return std::move(*opened);
}

Outcome go_on(Topic& topic, const std::string& position, std::size_t step, bool follow = false) {
  const OpenedInput opened = open(topic, going_on(position, follow));
  CHECK(opened.known);
  CHECK(opened.source->restore(position).ok());
  return run(*opened.source, step);
}

base::Status refusal(Topic& topic, const std::string& position) {
  const OpenedInput opened = open(topic, going_on(position));
  CHECK(opened.known);
  RETURN_IF_ERROR(opened.source->restore(position));
  flow::SourceBatch batch;
  const auto state = opened.source->poll(1, batch);
  return state.ok() ? base::Status() : base::Status(state.error());
}

Topic mixed() {
  Topic topic;
  for (const int second : {1, 4, 5, 9}) topic.add(0, trade("AAPL", second), second == 5 ? 2 : 0);
  topic.add(1, std::nullopt);
  topic.add(1, trade("MSFT", 2));
  topic.add(1, "not JSON at all");
  topic.add(1, trade("MSFT", 3) + "\n");
  topic.add(1, "");
  topic.add(1, trade("MSFT", 8));
  topic.add(2, finnhub(1'767'623'406'000));  // 14:30:06
  topic.partitions[2].messages[0].offset = topic.partitions[2].begin = 40;
  topic.add(3, R"({"kind":"watermark","ts":"2026-01-05T14:30:00.25Z","source":"other"})");
  topic.partitions.resize(5);
  return topic;
}

TEST(TopicSource, PartitionsAreMergedByTime) {
  Topic topic = mixed();
  const OpenedInput opened = open(topic);
  EXPECT_EQ(opened.source->info().name, "ticks");
  EXPECT_FALSE(opened.source->info().live);
  const Outcome all = run(*opened.source, 100);
  EXPECT_EQ(all.state, flow::PollState::finished);
  EXPECT_EQ(all.skipped, 3U);  // a tombstone, a watermark, one empty
  std::vector<std::string> short_texts;
  for (const std::string& text : texts(all.records)) {
    const std::string place = text.substr(text.find("ticks/") + 6);
    short_texts.push_back(text.substr(0, 8) + " " + place.substr(0, place.find(' ')));
  }
  EXPECT_EQ(short_texts, (std::vector<std::string>{"event AA 0:0#0", "event MS 1:1#0", "reject b 1:2#0",
                                                   "event MS 1:3#0", "event AA 0:1#0", "event AA 0:4#0",
                                                   "event IB 2:40#1", "event IB 2:40#2", "event IB 2:40#3",
                                                   "event MS 1:5#0", "event AA 0:5#0"}));
  EXPECT_EQ(opened.meter->done.load(), opened.meter->total.load());
}

TEST(TopicSource, GoesOnAfterEveryRecord) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  ASSERT_EQ(whole.records.size(), 11U);
  for (const std::size_t block : {1U, 2U, 100U})
    for (const std::size_t step : {1U, 3U, 100U}) {
      topic.block = block;
      EXPECT_EQ(texts(run(*open(topic).source, step).records), texts(whole.records));
    }
  for (std::size_t taken = 1; taken <= whole.records.size(); ++taken) {
    const Outcome rest = go_on(topic, whole.records[taken - 1].position, taken % 3 + 1);
    EXPECT_EQ(texts(rest.records), texts_from(whole.records, taken)) << "after " << taken;
    EXPECT_EQ(rest.end, whole.end) << "after " << taken;
  }
}

TEST(TopicSource, AReadingEndsWhereTheTopicEndedWhenItBegan) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  topic.add(0, trade("AAPL", 2));  // earlier than what the others still have
  topic.add(4, trade("NVDA", 2));
  topic.add(5, trade("NVDA", 3));  // a new partition
  EXPECT_EQ(texts(go_on(topic, whole.records[2].position, 2).records), texts_from(whole.records, 3));
  EXPECT_EQ(go_on(topic, whole.end, 2).records.size(), 3U);
}

TEST(TopicSource, FollowedAQuietPartitionHoldsNobodyBack) {
  Topic topic = mixed();
  const OpenedInput opened = open(topic, followed(true));
  EXPECT_TRUE(opened.source->info().live);
  EXPECT_EQ(run(*opened.source, 2).records.size(), 11U);
  topic.add(1, trade("MSFT", 20));
  topic.add(0, trade("AAPL", 19));
  const Outcome more = run(*opened.source, 2);
  EXPECT_EQ(more.state, flow::PollState::idle);
  ASSERT_EQ(more.records.size(), 2U);
  EXPECT_TRUE(more.records[0].what.starts_with("event AAPL"));
  topic.add(2, trade("TSLA", 18));
  const Outcome rest = go_on(topic, more.end, 1, true);
  EXPECT_EQ(rest.records.size(), 1U);
}

TEST(TopicSource, WhatTheBrokersHaveNotSaidIsWaitedFor) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  for (const bool follow : {false, true})
    for (std::size_t partition = 0; partition < 4; ++partition) {  // the last is empty: nobody asks for it
      topic.partitions[partition].silent = 3;
      const OpenedInput opened = open(topic, followed(follow));
      EXPECT_EQ(texts(run(*opened.source, 1).records), texts(whole.records)) << partition;
      EXPECT_EQ(topic.partitions[partition].silent, 0);
    }
}

Topic of_four() {
  Topic topic;
  for (const int second : {1, 2, 3, 4, 5, 6, 7})
    for (std::size_t partition = 0; partition < 4; ++partition)
      topic.add(partition, trade(std::string(1, static_cast<char>('A' + partition)), second));
  return topic;
}

TEST(TopicSource, OnePollTakesWhatAllPartitionsHave) {
  for (const bool follow : {false, true}) {
    Topic topic = of_four();
    const OpenedInput opened = open(topic, followed(follow));
    flow::SourceBatch batch;
    const auto state = opened.source->poll(100, batch);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(*state, follow ? flow::PollState::idle : flow::PollState::finished);
    EXPECT_EQ(batch.records(), 28U);
    EXPECT_EQ(topic.waits, 4);  // once the batch holds something, for nothing more
    for (const flow::RecordOrigin& origin : batch.origins) EXPECT_TRUE(origin.raw.starts_with("{\"symbol\""));
    EXPECT_TRUE(std::is_sorted(batch.events.rows.begin(), batch.events.rows.end(),
                               [](const auto& a, const auto& b) { return a.ts_event < b.ts_event; }));
  }
}

TEST(TopicSource, APartitionThatIsNotKnownToHaveEndedHoldsTheOthersBack) {
  Topic topic = of_four();
  const OpenedInput opened = open(topic, followed(true));
  flow::SourceBatch batch;
  ASSERT_TRUE(opened.source->poll(8, batch).ok());  // the third then has 3 and 4 in hand
  ASSERT_EQ(batch.records(), 8U);
  topic.partitions[2].silent = 2;
  std::vector<std::size_t> polls;
  for (int i = 0; i < 3; ++i) {
    batch.clear();
    const auto state = opened.source->poll(100, batch);
    ASSERT_TRUE(state.ok());
    EXPECT_EQ(*state, i < 2 ? flow::PollState::more : flow::PollState::idle);
    polls.push_back(batch.records());
  }
  EXPECT_EQ(polls, (std::vector<std::size_t>{7, 0, 13}));
}

TEST(TopicSource, WhatWasTakenBeforeAnErrorIsGivenFirst) {
  Topic topic = of_four();
  topic.partitions[1].fails = 2;
  const OpenedInput opened = open(topic, followed(true));
  flow::SourceBatch batch;
  const auto state = opened.source->poll(100, batch);
  ASSERT_TRUE(state.ok());
  EXPECT_EQ(*state, flow::PollState::more);
  EXPECT_EQ(batch.records(), 14U);  // up to B's fourth
  const std::string position = batch.position;
  batch.clear();
  const auto failed = opened.source->poll(100, batch);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().what, "is away");
  EXPECT_EQ(batch.records(), 0U);
  EXPECT_EQ(go_on(topic, position, 100, true).records.size(), 14U);
}

TEST(TopicSource, DeletedMessagesAreNamed) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  topic.partitions[0].begin = 4;
  topic.partitions[0].messages.erase(topic.partitions[0].messages.begin(),
                                     topic.partitions[0].messages.begin() + 2);
  const base::Status gap = refusal(topic, whole.records[0].position);
  ASSERT_FALSE(gap.ok());
  EXPECT_EQ(gap.error().code, base::ErrorCode::configuration);
  EXPECT_NE(gap.error().what.find("3 messages were deleted before they were read: offsets 1 to 3"),
            std::string::npos)
      << gap.error().what;
  EXPECT_NE(gap.error().where.find("ticks, partition 0"), std::string::npos);
  topic = mixed();
  topic.partitions[1].messages.pop_back();
  const base::Status fewer = refusal(topic, whole.end);
  ASSERT_FALSE(fewer.ok());
  EXPECT_NE(fewer.error().what.find("ends at offset 5, but was read up to 6"), std::string::npos);
}

// Each batch's losses, "1/3 to 4".
std::vector<std::string> losses(const flow::SourceBatch& batch) {
  std::vector<std::string> found;
  for (const flow::LostRecords& lost : batch.lost)
    found.push_back(batch.files.at(lost.file) + " " + std::to_string(lost.from) + " to " +
                    std::to_string(lost.to));
  return found;
}

void delete_before(Topic::Partition& partition, std::uint64_t offset) {
  partition.begin = offset;
  std::erase_if(partition.messages, [offset](const auto& message) { return message.offset < offset; });
}

TEST(TopicSource, AnAcceptedGapIsToldOnceAndTheRestIsRead) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  delete_before(topic.partitions[0], 4);
  delete_before(topic.partitions[2], 41);  // all there is of it
  const OpenedInput opened = open(topic, going_on(whole.records[0].position, false, true));
  ASSERT_TRUE(opened.source->restore(whole.records[0].position).ok());
  flow::SourceBatch batch;
  ASSERT_TRUE(opened.source->poll(1, batch).ok());
  EXPECT_EQ(losses(batch), (std::vector<std::string>{"ticks/0 1 to 4", "ticks/2 40 to 41"}));
  // What is committed now knows of it.
  const Outcome rest = go_on(topic, batch.position, 2);
  EXPECT_EQ(rest.records.size() + batch.records(), whole.records.size() - 1 - 2 + 1 - 3);
  EXPECT_TRUE(refusal(topic, rest.end).ok());
}

TEST(TopicSource, MessagesThatAreDeletedWhileTheyAreReadAreAGap) {
  for (const bool accept : {false, true}) {
    Topic topic = of_four();
    const OpenedInput opened = open(topic, going_on("", true, accept));
    flow::SourceBatch batch;
    ASSERT_TRUE(opened.source->poll(4, batch).ok());
    delete_before(topic.partitions[1], 5);
    topic.partitions[1].deleted = true;
    std::size_t records = batch.records();
    std::vector<std::string> lost;
    base::Error refused;
    for (int i = 0; i < 8; ++i) {
      batch.clear();
      const auto state = opened.source->poll(100, batch);
      if (!state.ok()) {
        refused = state.error();
        break;
      }
      records += batch.records();
      for (const std::string& loss : losses(batch)) lost.push_back(loss);
    }
    if (accept) {
      EXPECT_EQ(lost, std::vector<std::string>{"ticks/1 2 to 5"});
      EXPECT_EQ(records, 28U - 3U);
    } else {
      EXPECT_EQ(refused.code, base::ErrorCode::configuration);
      EXPECT_NE(refused.what.find("--accept-gap"), std::string::npos) << refused.what;
    }
  }
}

TEST(TopicSource, TheSameNameMadeAgainIsAnotherSource) {
  Topic topic = mixed();
  const Outcome whole = run(*open(topic).source, 1);
  topic.identity = "cluster/two";
  const OpenedInput other = open(topic, going_on(whole.end));
  EXPECT_FALSE(other.known);
  EXPECT_EQ(other.source->info().name, "ticks#2");
  EXPECT_EQ(run(*other.source, 9).records.size(), whole.records.size());
  EXPECT_FALSE(other.source->restore(whole.end).ok());
  EXPECT_TRUE(other.source->restore("").ok());
  EXPECT_EQ(run(*other.source, 9).records.size(), whole.records.size());
}

TEST(TopicSource, CommaSeparatedValuesByNumber) {
  formats::MappingText text;
  text.format = "csv";
  text.fields = {{"symbol", "$1"}, {"price", "$3"}, {"size", "$2"}, {"ts", "$4"}};
  formats::Mapping mapping;
  ASSERT_TRUE(formats::compile_mapping(text, mapping).empty());
  Topic topic;
  topic.add(0, "garbage");
  topic.add(0, "AAPL,100,1.25,2026-01-05T14:30:00Z");
  topic.add(0, "AAPL,100,1.25,2026-01-05T14:30:01Z,and more");
  const Outcome all = run(*open(topic, with(mapping)).source, 9);
  ASSERT_EQ(all.records.size(), 3U);
  EXPECT_TRUE(all.records[0].what.starts_with("reject"));
  EXPECT_TRUE(all.records[1].what.starts_with("event AAPL"));
  EXPECT_TRUE(all.records[2].what.starts_with("event AAPL"));

  text.fields = {{"symbol", "name"}};
  for (const bool any : {true, false}) {
    if (any) text.fields.clear();
    formats::Mapping wrong;
    ASSERT_TRUE(formats::compile_mapping(text, wrong).empty());
    const auto refused = open_topic(std::make_unique<FakeFeed>(topic), with(wrong));
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  }
}

TEST(TopicSource, AMessageThatIsTooLongKeepsItsHash) {
  Topic topic;
  const std::string huge(market::kRejectBytesMax + 5, 'x');
  topic.add(0, huge);
  const OpenedInput opened = open(topic);
  flow::SourceBatch batch;
  ASSERT_TRUE(opened.source->poll(5, batch).ok());
  ASSERT_EQ(batch.rejects.size(), 1U);
  EXPECT_EQ(batch.rejects[0].reason, market::RejectReason::line_too_long);
  EXPECT_EQ(batch.rejects[0].raw_length, huge.size());
  EXPECT_EQ(batch.rejects[0].raw_hash, base::hash128(huge));
  EXPECT_EQ(batch.rejects[0].origin.raw, std::string_view(huge).substr(0, market::kRejectBytesMax));
}

// Knows one schema as number 7, and as the newest of its subject; fails so many times first.
class FakeRegistry final : public SchemaRegistry {
 public:
  FakeRegistry(std::string text, int& failures, int& asked)
      : text_(std::move(text)), failures_(failures), asked_(asked) {}
  base::Result<std::optional<Schema>> by_id(std::uint32_t id) override {
    ++asked_;
    if (failures_ > 0) {
      --failures_;
      return base::Error{base::ErrorCode::io, "is away", "registry"};
    }
    return id == 7 ? std::optional(Schema{"AVRO", text_}) : std::nullopt;
  }
  base::Result<std::optional<Schema>> latest(const std::string&) override { return by_id(7); }
  base::Result<std::uint32_t> add(const std::string&, std::string_view) override { return 7U; }

 private:
  std::string text_;
  int& failures_;
  int& asked_;
};

constexpr const char* kNamed = R"({"type":"record","name":"T","fields":[{"name":"symbol","type":"string"},
  {"name":"price","type":"double"},{"name":"ts","type":"string"}]})";

std::string avro_trade(char id, char symbol, int second) {
  const std::string ts = "2026-01-05T14:30:" + std::to_string(100 + second).substr(1) + "Z";
  return std::string("\0\0\0\0", 4) + id + "\2" + symbol + std::string("\0\0\0\0\0\0\4\x40", 8) +
         static_cast<char>(2 * ts.size()) + ts;
}

formats::MappingText avro(std::map<std::string, std::string> fields = {}) {
  formats::MappingText text;
  text.format = "avro";
  text.fields = std::move(fields);
  return text;
}

TEST(TopicSource, ARegistryThatIsAwayCostsNoMessage) {
  Topic topic;
  for (const int second : {1, 2, 3, 4, 5}) topic.add(0, avro_trade('\7', 'A', second));
  topic.add(0, avro_trade('\x8', 'B', 6));
  topic.add(0, avro_trade('\x8', 'B', 7));
  topic.add(0, "{}");
  int failures = 3;
  int asked = 0;
  formats::Mapping mapping;
  ASSERT_TRUE(formats::compile_mapping(avro(), mapping).empty());
  TopicOptions options = with(mapping);
  options.schemas = std::make_shared<Schemas>(std::make_unique<FakeRegistry>(kNamed, failures, asked));
  const OpenedInput opened = open(topic, options);
  std::vector<Seen> seen;
  flow::SourceBatch batch;
  for (int errors = 0;;) {
    batch.clear();
    const auto state = opened.source->poll(100, batch);
    describe(batch, seen);
    if (!state.ok()) {
      EXPECT_EQ(state.error().what, "is away");
      ASSERT_LE(++errors, 3);
      continue;
    }
    if (*state == flow::PollState::finished) break;
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(asked, 5);  // three in vain, and once for each of two schemas
  ASSERT_EQ(seen.size(), 8U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(seen[i].what.starts_with("event A ")) << seen[i].what;
  for (std::size_t i = 5; i < 8; ++i)
    EXPECT_TRUE(seen[i].what.starts_with("reject bad_avro ")) << seen[i].what;
}

TEST(TopicSource, AvroNeedsARegistry) {
  Topic topic;
  formats::Mapping mapping;
  ASSERT_TRUE(formats::compile_mapping(avro(), mapping).empty());
  const auto opened = open_topic(std::make_unique<FakeFeed>(topic), with(mapping));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, base::ErrorCode::configuration);
}

TEST(Schemas, TheNewestMustFitTheMapping) {
  int failures = 0;
  int asked = 0;
  const auto complaint = [&](const char* text, const formats::MappingText& wanted) {
    formats::Mapping mapping;
    EXPECT_TRUE(formats::compile_mapping(wanted, mapping).empty());
    const base::Status status =
        Schemas(std::make_unique<FakeRegistry>(text, failures, asked)).check("ticks", mapping);
    return status.ok() ? "" : status.error().message();
  };
  EXPECT_EQ(complaint(kNamed, avro()), "");
  EXPECT_EQ(complaint(kNamed, avro({{"price", "last"}})),
            "schema of ticks-value: price = last: the schema has no such field");
  EXPECT_EQ(complaint("{}", avro()), "schema of ticks-value: a type has no \"type\"");
  failures = 1;
  EXPECT_EQ(complaint(kNamed, avro()), "registry: is away");
}

}  // namespace
}  // namespace tickerhouse::sources

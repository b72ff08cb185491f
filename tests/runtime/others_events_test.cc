// A shard of messages of others on its tape: where it begins, what it commits, and symbols in two partitions.
#include <gtest/gtest.h>

#include <string>

#include "runtime/check/replay_check.h"
#include "runtime/check/symbol_places.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/shard_host.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Offset;
using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

// Its events are those of the topic `ticks`, of which the first may be gone.
class OthersTape final : public flow::Tape {
 public:
  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    return rows->commit(commit);
  }
  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    return rows->positions(prefix);
  }
  base::Result<Offset> begin(Topic topic, std::uint16_t partition) override {
    return rows->begin(topic, partition);
  }
  base::Result<Offset> end(Topic topic, std::uint16_t partition) override {
    return rows->end(topic, partition);
  }
  base::Result<std::unique_ptr<flow::TapeReader>> read(Topic topic, std::uint16_t partition,
                                                       Offset from) override {
    return rows->read(topic, partition, from);
  }
  [[nodiscard]] std::string events_of() const override { return "ticks"; }
  [[nodiscard]] std::uint16_t partitions_of_others() const override { return 2; }
  std::unique_ptr<flow::Tape> rows = tape::make_memory_tape();
};

class OthersEventsTest : public testing::Test {
 protected:
  OthersEventsTest() {
    options.settings = settings_of(2, {base::kMinute});
    options.make_operators = bar_operators;
  }
  // Another's hand. symbol "!": a message that is no event.
  void write(std::uint16_t partition, const std::vector<std::pair<std::string, std::string>>& trades,
             flow::Cut cut = {}) {
    market::EventBatchBuilder builder;
    for (const auto& [symbol, time] : trades) {
      market::EventRow row = trade(symbol, time, "10", "1").row;
      if (symbol == "!") {
        market::RejectRow reject;
        reject.raw_length = 3;
        row = market::rejected_row(reject);
        builder.add_text(static_cast<std::uint32_t>(builder.rows.size()), "bad");
      } else {
        row.symbol = builder.strings.intern(symbol);
      }
      row.source = builder.strings.intern("ticks");
      builder.rows.push_back(row);
    }
    std::string bytes;
    bytes.reserve(65'536);
    const auto place = builder.seal(bytes, 0);
    const flow::Append append{Topic::events, partition,
                              std::string_view(bytes).substr(place.offset, place.size)};
    const std::string before = std::to_string(written);
    const std::string after = std::to_string(++written);
    const std::vector<flow::Cut> cuts(cut.to.value > 0 ? 1 : 0, cut);
    ASSERT_TRUE(tape.commit({.writer = "others",
                             .before = written == 1 ? std::string_view() : std::string_view(before),
                             .after = after,
                             .appends = {&append, 1},
                             .cuts = cuts})
                    .ok());
  }
  base::Result<std::unique_ptr<ShardHost>> open(std::uint16_t partition) {
    options.partition = partition;
    return ShardHost::open(options, tape, &checkpoints, notes);
  }
  std::uint64_t rows(Topic topic) { return tape.end(topic, 0).value().value; }

  OthersTape tape;
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "checkpoints"};
  ShardHostOptions options;
  std::vector<std::string> notes;
  std::uint64_t written = 0;
};

TEST_F(OthersEventsTest, BeginsWhereTheTopicDoesAndIsReplayedFromThere) {
  write(0, {{"AAPL", "10:00"}, {"AAPL", "10:00:10"}});
  write(0, {{"AAPL", "10:00:20"}, {"!", "10:00"}, {"AAPL", "10:02"}}, {Topic::events, 0, {2}});
  ASSERT_EQ(tape.begin(Topic::events, 0).value().value, 2U);
  {
    auto host = open(0);
    ASSERT_TRUE(host.ok()) << host.error().message();
    EXPECT_EQ((*host)->step().value(), StepState::progressed);
    EXPECT_EQ((*host)->progress().started.value, 2U);
    EXPECT_EQ((*host)->progress().counts.ledger.received, 3U);
    EXPECT_EQ((*host)->progress().counts.ledger.rejected, 1U);
  }
  EXPECT_EQ(rows(Topic::rejects), 1U);
  EXPECT_EQ(rows(Topic::symbols), 1U);
  EXPECT_EQ(rows(Topic::bars), 1U);
  // No checkpoint was saved: from where it began.
  write(0, {{"AAPL", "10:03"}});
  auto host = open(0);
  ASSERT_TRUE(host.ok()) << host.error().message();
  EXPECT_EQ((*host)->recovery().events, 3U);
  EXPECT_EQ((*host)->step().value(), StepState::progressed);
  EXPECT_EQ(rows(Topic::rejects), 1U) << "replay writes nothing";
  const auto base = replay_base(tape, checkpoints, 0);
  ASSERT_TRUE(base.ok());
  EXPECT_FALSE(base->has_value());
  const auto report = check_replay(tape, {options.settings, 0, bar_operators}, {});
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->events, 4U);
  const flow::PipelineStatus status = collect_status(tape, 2).value();
  ASSERT_EQ(status.sources.size(), 1U);
  EXPECT_EQ(status.sources.front().name, "ticks");
  EXPECT_EQ(status.sources.front().received, 4U);
  EXPECT_EQ(status.sources.front().rejects.at("bad_json"), 1U);
  EXPECT_EQ(status.sources.front().watermark, at("10:02:55"));
  EXPECT_TRUE(status.total.adds_up());
}

TEST_F(OthersEventsTest, ASymbolInTwoPartitionsIsFoundAndFoundAgain) {
  write(0, {{"AAPL", "10:00"}});
  write(1, {{"MSFT", "10:00"}, {"AAPL", "10:00"}});
  auto first = open(0);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE((*first)->step().ok());
  auto second = open(1);
  ASSERT_TRUE(second.ok());
  const auto stepped = (*second)->step();
  ASSERT_FALSE(stepped.ok());
  EXPECT_EQ(stepped.error().code, base::ErrorCode::configuration);
  EXPECT_NE(stepped.error().message().find("AAPL is in ticks/0 and in ticks/1"), std::string::npos)
      << stepped.error().message();
  EXPECT_FALSE(open(0).ok());
  EXPECT_FALSE(open(1).ok());
}

TEST(ShardProgress, OfMessagesOfOthers) {
  ShardProgress progress;
  progress.next.value = 40;
  progress.started.value = 7;
  progress.lost = {9, 12, 3};
  progress.messages.rejects.at(3) = 5;
  progress.messages.skipped = 2;
  progress.messages.watermark = 17;
  const auto read = ShardProgress::decode(progress.encode());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->encode(), progress.encode());
  EXPECT_EQ(read->messages, progress.messages);
  EXPECT_EQ(read->started.value, 7U);
  EXPECT_EQ(read->lost.offsets, 3U);
  const std::string bytes = progress.encode();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_EQ(ShardProgress::decode(std::string_view(bytes).substr(0, size)).ok(), size == 0) << size;
}

}  // namespace
}  // namespace tickerhouse::runtime

#include "runtime/sink_host.h"

#include <gtest/gtest.h>

#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class SinkHostTest : public testing::Test {
 protected:
  SinkHostTest() {
    FakeClock clock;
    ScriptedSource source("a", mixed_stream(21, 400));
    IngestOptions options;
    options.settings = settings_;
    EXPECT_EQ(ingest_all(*tape_, source, clock, options), IngestState::finished);
    for (std::uint16_t p = 0; p < 2; ++p) run_shard(*tape_, settings_, p);
  }
  engine::Settings settings_ = settings_of(2, {base::kMinute});
  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
};

TEST_F(SinkHostTest, EverythingArrivesOnceThroughFailuresAndRestarts) {
  RowsSink sink({Topic::bars, Topic::rejects});
  const SinkHostOptions options{.partitions = 2, .flush_rows_max = 20};
  for (int start = 0; start < 50; ++start) {
    auto host = SinkHost::open(options, *tape_, sink);
    ASSERT_TRUE(host.ok()) << host.error().message();
    ASSERT_TRUE((*host)->step().ok());
    sink.flush_fails =
        base::Error{base::ErrorCode::io, "as asked", ""};  // applied, and then nothing of it is durable
    const auto state = (*host)->step();
    EXPECT_TRUE(!state.ok() || *state == StepState::idle);
    sink.flush_fails = {};
  }
  const auto& rows = sink.durable();
  for (std::uint16_t p = 0; p < 2; ++p) EXPECT_EQ(rows.at({Topic::bars, p}), rows_of(*tape_, Topic::bars, p));
  EXPECT_EQ(rows.at({Topic::rejects, 0}), rows_of(*tape_, Topic::rejects));
  const auto published = decode_sink_position(flow::position_of(*tape_, "sink/rows").value());
  EXPECT_EQ(published.value().at({Topic::bars, 1}), tape_->end(Topic::bars, 1).value());
}

TEST_F(SinkHostTest, AStepIsDueAtOnceAndThenAfterTheInterval) {
  RowsSink sink({Topic::bars});
  auto host = SinkHost::open({.partitions = 2, .flush_interval = 10}, *tape_, sink);
  EXPECT_TRUE((*host)->due(1'000).value());
  ASSERT_TRUE((*host)->step().ok());
  EXPECT_FALSE((*host)->due(1'009).value());
  EXPECT_TRUE((*host)->due(1'010).value());
}

TEST_F(SinkHostTest, ASinkWithAPaceOfItsOwnWaitsFirst) {
  RowsSink slow({Topic::bars}, {.interval = 500});
  auto host = SinkHost::open({.partitions = 2, .flush_interval = 10}, *tape_, slow);
  EXPECT_FALSE((*host)->due(1'000).value());
  EXPECT_FALSE((*host)->due(1'499).value());
  EXPECT_TRUE((*host)->due(1'500).value());
  EXPECT_FALSE((*host)->due(1'999).value());

  RowsSink full({Topic::bars}, {.interval = 500, .rows = 20});  // more than that wait already
  host = SinkHost::open({.partitions = 2, .flush_interval = 10}, *tape_, full);
  EXPECT_TRUE((*host)->due(1'000).value());
}

TEST_F(SinkHostTest, OfRowsThatGatherABarTakesTheRoomOfThreeEvents) {
  for (const Topic topic : {Topic::events, Topic::bars, Topic::settled}) {
    std::uint64_t weight = 0;
    for (std::uint16_t p = 0; p < 2; ++p) weight += rows_of(*tape_, topic, p).size();
    if (topic != Topic::events) weight *= 3;
    for (const bool enough : {true, false}) {
      RowsSink sink({topic}, {.interval = 500, .rows = weight + (enough ? 0 : 1)});
      const auto host = SinkHost::open({.partitions = 2}, *tape_, sink);
      EXPECT_EQ((*host)->due(1'000).value(), enough) << flow::topic_name(topic);
    }
  }
}

TEST_F(SinkHostTest, ATargetAheadOfTheTapeBelongsToAnother) {
  RowsSink sink({Topic::bars});
  ASSERT_TRUE((*SinkHost::open({.partitions = 2}, *tape_, sink))->step().ok());
  const auto empty = tape::make_memory_tape();
  const auto host = SinkHost::open({.partitions = 2}, *empty, sink);
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, base::ErrorCode::configuration);
}

}  // namespace
}  // namespace tickerhouse::runtime

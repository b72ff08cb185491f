#include "runtime/check/replay_check.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using flow::Topic;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

// A tape whose bars differ in one row from what was written: the fault of a disk that no checksum saw.
class BentTape final : public flow::Tape {
 public:
  BentTape(flow::Tape& tape, std::uint64_t row) : tape_(tape), row_(row) {}
  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    return tape_.commit(commit);
  }
  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    return tape_.positions(prefix);
  }
  base::Result<flow::Offset> begin(Topic topic, std::uint16_t partition) override {
    return tape_.begin(topic, partition);
  }
  base::Result<flow::Offset> end(Topic topic, std::uint16_t partition) override {
    return tape_.end(topic, partition);
  }
  base::Result<std::unique_ptr<flow::TapeReader>> read(Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    ASSIGN_OR_RETURN(auto reader, tape_.read(topic, partition, from));
    if (topic != Topic::bars) return reader;
    return std::unique_ptr<flow::TapeReader>(std::make_unique<Reader>(std::move(reader), row_));
  }

 private:
  class Reader final : public flow::TapeReader {
   public:
    Reader(std::unique_ptr<flow::TapeReader> reader, std::uint64_t row)
        : reader_(std::move(reader)), row_(row) {}
    base::Result<bool> next(flow::TapeBatch& batch) override {
      ASSIGN_OR_RETURN(const bool more, reader_->next(batch));
      if (!more) return false;
      const market::BatchView<market::BarRow> view(batch.bytes);
      market::BatchBuilder<market::BarRow> builder;
      for (std::uint16_t s = 0; s < view.string_count(); ++s) builder.strings.intern(view.string(s));
      builder.rows.assign(view.rows().begin(), view.rows().end());
      const std::uint64_t first = batch.first.value - batch.skip;
      if (row_ >= first && row_ < first + builder.rows.size()) builder.rows[row_ - first].volume += 1;
      std::string bytes;
      builder.seal(bytes, 0);
      storage_.assign(bytes.size() / 16 + 1, {});
      std::memcpy(storage_.data(), bytes.data(), bytes.size());
      ASSIGN_OR_RETURN(batch.bytes, market::BatchBytes::open(
                                        {reinterpret_cast<const char*>(storage_.data()), bytes.size()}));
      return true;
    }

   private:
    struct alignas(16) Unit {
      char bytes[16];
    };
    std::unique_ptr<flow::TapeReader> reader_;
    std::uint64_t row_;
    std::vector<Unit> storage_;
  };
  flow::Tape& tape_;
  std::uint64_t row_;
};

class ReplayCheck : public testing::Test {
 protected:
  ReplayCheck() {
    FakeClock clock;
    ScriptedSource source("a", mixed_stream(31, 600));
    IngestOptions options;
    options.settings = settings_;
    EXPECT_EQ(ingest_all(*tape_, source, clock, options), IngestState::finished);
    run_shard(*tape_, settings_);
  }
  engine::Settings settings_ = settings_of(1, {base::kMinute, base::kDay});
  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
};

TEST_F(ReplayCheck, AgreesWithWhatIsThere) {
  std::uint64_t heard = 0;
  const auto report =
      check_replay(*tape_, {settings_, 0, bar_operators}, [&](std::uint64_t rows) { heard += rows; });
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(report->events, tape_->end(Topic::events, 0)->value);
  EXPECT_EQ(heard, report->events);
  EXPECT_EQ(report->results[0], tape_->end(Topic::bars, 0)->value);
}

TEST_F(ReplayCheck, FindsAChangedRow) {
  const std::uint64_t rows = tape_->end(Topic::bars, 0)->value;
  ASSERT_GT(rows, 20U);
  for (std::uint64_t row = 0; row < rows; ++row) {
    BentTape bent(*tape_, row);
    const auto report = check_replay(bent, {settings_, 0, bar_operators}, {});
    ASSERT_FALSE(report.ok()) << row;
    EXPECT_EQ(report.error().code, base::ErrorCode::check_failed);
    EXPECT_EQ(report.error().where, "bars partition 0 offset " + std::to_string(row));
  }
}

TEST_F(ReplayCheck, OtherSettingsGiveOtherRows) {
  engine::Settings other = settings_;
  other.allowed_lateness = base::kSecond;
  const auto report = check_replay(*tape_, {other, 0, bar_operators}, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().code, base::ErrorCode::check_failed);
}

TEST_F(ReplayCheck, EachEventIsVisitedOnceWithItsVerdict) {
  std::map<flow::Verdict, std::uint64_t> count;
  std::uint64_t last = 0;
  ASSERT_TRUE(visit_events(*tape_, {settings_, 0, bar_operators},
                           [&](const market::EventBatchView& batch, std::size_t row, std::uint64_t offset,
                               flow::Verdict verdict) {
                             EXPECT_TRUE(market::carries_market_data(batch.rows()[row].kind));
                             EXPECT_GT(offset, last);
                             last = offset;
                             ++count[verdict];
                           })
                  .ok());
  const auto ledger =
      ShardProgress::decode(flow::position_of(*tape_, shard_writer(0)).value())->counts.ledger;
  EXPECT_EQ(count[flow::Verdict::used], ledger.used);
  EXPECT_EQ(count[flow::Verdict::duplicate], ledger.duplicate);
  EXPECT_EQ(count[flow::Verdict::late_revised], ledger.late_revised);
  EXPECT_EQ(count[flow::Verdict::late_kept], ledger.late_kept);
  EXPECT_GT(ledger.duplicate, 0U);
  EXPECT_GT(ledger.late_kept, 0U);
}

}  // namespace
}  // namespace tickerhouse::runtime

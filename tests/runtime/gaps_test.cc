#include "runtime/ingest/gaps.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <vector>

#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using base::kMinute;
using base::kSecond;
using tests::at;
using Stretches = std::vector<std::pair<base::TsNanos, base::TsNanos>>;
constexpr base::TsNanos kEnd = std::numeric_limits<base::TsNanos>::max();

TEST(SeqGaps, NumbersInOrderLeaveNoHole) {
  SourceProgress progress;
  for (std::int64_t seq = 5; seq < 100; ++seq) note_seq(progress, seq, seq);
  EXPECT_TRUE(progress.holes.empty());
  EXPECT_TRUE(gaps_below(progress, kEnd, kMinute).empty());
}

TEST(SeqGaps, AHoleIsBetweenTheTwoEventsWhicheverIsEarlier) {
  SourceProgress progress;
  note_seq(progress, 1, at("10:05"));
  note_seq(progress, 4, at("10:03"));
  EXPECT_EQ(gaps_below(progress, kEnd, kMinute), (Stretches{{at("10:03"), at("10:05")}}));
}

TEST(SeqGaps, ANumberThatComesFillsAndSplits) {
  SourceProgress progress;
  note_seq(progress, 1, at("10:00"));
  note_seq(progress, 10, at("10:01"));
  for (const std::int64_t seq : {5, 2, 9}) note_seq(progress, seq, at("10:00:30"));
  ASSERT_EQ(progress.holes.size(), 1U);
  EXPECT_EQ(progress.holes[0].missing, (std::vector<std::pair<std::int64_t, std::int64_t>>{{3, 4}, {6, 8}}));
  for (const std::int64_t seq : {5, 1, 10})
    note_seq(progress, seq, at("10:00:30"));  // again: nothing happens
  for (const std::int64_t seq : {3, 4, 7, 6, 8}) note_seq(progress, seq, at("10:00:30"));
  EXPECT_TRUE(progress.holes.empty());
}

TEST(SeqGaps, OnlyWhatLiesBelowTheWatermarkIsMarked) {
  SourceProgress progress;
  note_seq(progress, 1, at("10:00:10"));
  note_seq(progress, 3, at("10:05:10"));
  EXPECT_TRUE(gaps_below(progress, at("10:00:10"), kMinute).empty()) << "low < W is asked for";
  EXPECT_EQ(gaps_below(progress, at("10:00:10.25"), kMinute),
            (Stretches{{at("10:00:10"), at("10:00:10.25")}}));
  EXPECT_TRUE(gaps_below(progress, at("10:00:20"), kMinute).empty()) << "the same panes as the last mark";
  EXPECT_EQ(gaps_below(progress, at("10:02:20"), kMinute), (Stretches{{at("10:00:10"), at("10:02:20")}}));
  note_seq(progress, 2, at("10:03"));
  EXPECT_TRUE(gaps_below(progress, kEnd, kMinute).empty()) << "the number came before the rest was marked";
}

TEST(SeqGaps, AHoleInOneInstantAtTheWatermarkStaysOpen) {
  SourceProgress progress;
  note_seq(progress, 1, at("10:00:10"));
  note_seq(progress, 3, at("10:00:10"));
  EXPECT_TRUE(gaps_below(progress, at("10:00:10"), kMinute).empty());
  EXPECT_EQ(gaps_below(progress, at("10:00:11"), kMinute), (Stretches{{at("10:00:10"), at("10:00:10")}}));
  EXPECT_TRUE(progress.holes.empty());
}

TEST(SeqGaps, GreatestNumbersDoNotOverflow) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  SourceProgress progress;
  note_seq(progress, 0, 1);
  note_seq(progress, kMax, 2);
  note_seq(progress, kMax, 2);
  note_seq(progress, kMax - 1, 2);
  ASSERT_EQ(progress.holes.size(), 1U);
  EXPECT_EQ(progress.holes[0].missing, (std::vector<std::pair<std::int64_t, std::int64_t>>{{1, kMax - 2}}));
}

TEST(LostMessages, AreMarkedUntilTheirInputGoesOn) {
  SourceProgress progress;
  progress.greatest = at("10:00:15");
  progress.watermark = at("10:00:10");
  note_lost(progress, {1, 17, 93}, "ticks/1");
  EXPECT_EQ(gaps_below(progress, at("10:02:10"), kMinute), (Stretches{{at("10:00:10"), at("10:02:10")}}));
  EXPECT_TRUE(gaps_below(progress, at("10:02:20"), kMinute).empty()) << "the same panes as the last mark";
  progress.watermark = at("10:02:20");
  note_input(progress, 0, at("10:02:40"), 5 * kSecond);  // of another
  note_input(progress, 1, at("10:02:10"), 5 * kSecond);  // late: it says nothing
  EXPECT_EQ(gaps_below(progress, at("10:03:20"), kMinute), (Stretches{{at("10:00:10"), at("10:03:20")}}));
  progress.watermark = at("10:03:20");
  progress.greatest = at("10:03:30");
  note_input(progress, 1, at("10:03:25"), 5 * kSecond);
  note_input(progress, 1, at("10:09"), 5 * kSecond);  // the first one said it
  EXPECT_EQ(gaps_below(progress, at("10:09"), kMinute), Stretches{}) << "10:03 is marked already";
  EXPECT_TRUE(progress.lost_stretches.empty());
  EXPECT_EQ(progress.lost.offsets, 76U);
}

TEST(LostMessages, BeforeAnyWatermarkAndToTheEnd) {
  SourceProgress progress;
  note_lost(progress, {0, 0, 5}, "ticks/0");
  note_lost(progress, {2, 7, 8}, "ticks/2");
  EXPECT_EQ(gaps_below(progress, kEnd, kMinute), (Stretches{{0, kEnd}}));
  EXPECT_EQ(progress.lost.offsets, 6U);
  EXPECT_NE(accepted_loss(progress).find("from offset 7 to 8 of ticks/2"), std::string::npos);
}

TEST(LostMessages, ArePartOfThePosition) {
  SourceProgress progress;
  const std::string before = progress.encode();
  note_lost(progress, {3, 7, 9}, "ticks/3");
  progress.source_position = "here";
  const auto read = SourceProgress::decode(progress.encode());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->encode(), progress.encode());
  ASSERT_EQ(read->lost_stretches.size(), 1U);
  EXPECT_EQ(read->lost_stretches[0].input, 3U);
  EXPECT_EQ(read->lost_stretches[0].high, LostStretch::kOpen);
  EXPECT_EQ(read->lost_input, "ticks/3");
  EXPECT_EQ(SourceProgress::decode(before)->encode(), before) << "as versions before wrote it";
  for (std::size_t length = 0; length < progress.encode().size(); ++length)
    EXPECT_FALSE(SourceProgress::decode(progress.encode().substr(0, length)).ok()) << length;
}

// Against the definition: each hole a set of numbers; compares which panes carry a mark.
TEST(SeqGaps, AgreesWithTheDefinition) {
  struct NaiveHole {
    base::TsNanos low;
    base::TsNanos high;
    std::set<std::int64_t> missing;
  };
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    tests::Random random(seed);
    SourceProgress progress;
    std::vector<NaiveHole> holes;
    std::set<base::TsNanos> marked;
    std::set<base::TsNanos> expected;
    const auto mark = [](std::set<base::TsNanos>& panes, base::TsNanos low, base::TsNanos high) {
      for (base::TsNanos pane = base::floor_to(low, kMinute); pane <= high; pane += kMinute)
        panes.insert(pane);
    };
    std::int64_t greatest = -1;
    base::TsNanos greatest_ts = 0;
    base::TsNanos watermark = 0;
    base::TsNanos now = at("10:00");
    for (int step = 0; step < 200; ++step) {
      now += static_cast<base::DurationNanos>(random.below(20)) * kSecond;
      std::int64_t seq = greatest + 1 + static_cast<std::int64_t>(random.below(8) == 0 ? random.below(6) : 0);
      if (greatest > 5 && random.below(4) == 0) seq = greatest - static_cast<std::int64_t>(random.below(6));
      const base::TsNanos ts = now - static_cast<base::DurationNanos>(random.below(90)) * kSecond;
      note_seq(progress, seq, ts);
      if (greatest >= 0 && seq > greatest + 1) {
        NaiveHole& hole =
            holes.emplace_back(NaiveHole{std::min(ts, greatest_ts), std::max(ts, greatest_ts), {}});
        for (std::int64_t s = greatest + 1; s < seq; ++s) hole.missing.insert(s);
      }
      for (NaiveHole& hole : holes) hole.missing.erase(seq);
      if (seq > greatest) {
        greatest = seq;
        greatest_ts = ts;
      }
      if (random.below(3) != 0) continue;
      watermark = std::max(watermark, step == 199 ? kEnd : now - 60 * kSecond);
      for (const auto& [low, high] : gaps_below(progress, watermark, kMinute)) mark(marked, low, high);
      for (const NaiveHole& hole : holes)
        if (!hole.missing.empty() && hole.low < watermark)
          mark(expected, hole.low, std::min(watermark, hole.high));
      ASSERT_EQ(marked, expected) << "seed " << seed << " step " << step;
    }
  }
}

}  // namespace
}  // namespace tickerhouse::runtime

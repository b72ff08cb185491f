#include "engine/seen_ids.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/flow_fakes.h"

namespace tickerhouse::engine {
namespace {

using Answer = SeenIds::Answer;

// Two symbols, each in a lane of its own.
struct Time {
  std::vector<std::uint32_t> lanes = {0, 1};
  std::vector<base::TsNanos> watermarks = {base::kNoTime, base::kNoTime};
  std::vector<base::TsNanos> floors = {base::kNoTime, base::kNoTime};
  [[nodiscard]] flow::EventTime now() const { return {lanes, watermarks, floors}; }
};

base::Hash128 id_of(std::uint64_t number) { return {number * 0x9E3779B97F4A7C15ULL, number + 1}; }

std::string saved(const SeenIds& seen) {
  std::string bytes;
  base::ByteWriter writer(bytes);
  seen.save(writer);
  return bytes;
}

TEST(SeenIds, AnIdIsForgottenExactlyWhenTheWatermarkSaysSo) {
  SeenIds seen;
  Time time;
  EXPECT_EQ(seen.insert(id_of(1), 0, 100, time.now()), Answer::fresh);
  EXPECT_EQ(seen.insert(id_of(1), 0, 100, time.now()), Answer::duplicate);
  time.watermarks = {99, 1'000};
  EXPECT_EQ(seen.insert(id_of(1), 0, 200, time.now()), Answer::duplicate);
  time.watermarks[0] = 100;
  EXPECT_EQ(seen.insert(id_of(1), 0, 200, time.now()), Answer::reused);
  EXPECT_EQ(seen.insert(id_of(1), 0, 200, time.now()), Answer::duplicate);
}

TEST(SeenIds, AFloorCountsAsAWatermark) {
  SeenIds seen;
  Time time;
  seen.insert(id_of(1), 0, 100, time.now());
  time.floors[0] = 100;
  EXPECT_EQ(seen.insert(id_of(1), 0, 200, time.now()), Answer::reused);
}

// Against a map, through many rebuilds; ids that share their slot are among them. Whether an id that nobody
// remembers was `reused` or `fresh` depends on rebuilds, but never on a save and load in between.
TEST(SeenIds, AgreesWithAMapAndSurvivesItsBytes) {
  tests::Random random(5);
  SeenIds seen;
  SeenIds twin;
  Time time;
  time.watermarks = {0, 0};
  std::map<base::Hash128, std::pair<flow::SymbolId, base::TsNanos>> naive;
  for (int step = 0; step < 60'000; ++step) {
    const std::uint64_t number = random.below(20'000);
    base::Hash128 id = id_of(number);
    if (random.below(4) == 0) id.low = 1'023;  // the last slot, and round the corner
    const flow::SymbolId symbol = number % 2 == 0 ? 0 : 1;
    if (random.below(5) == 0)
      time.watermarks[random.below(2)] += static_cast<base::TsNanos>(random.below(20));
    const base::TsNanos forget_at =
        time.watermarks[symbol] + 1 + static_cast<base::TsNanos>(random.below(3'000));
    const auto known = naive.find(id);
    const bool duplicate = known != naive.end() &&
                           time.watermarks[known->second.first] < known->second.second &&
                           time.watermarks[symbol] < known->second.second;
    const Answer answer = seen.insert(id, symbol, forget_at, time.now());
    ASSERT_EQ(twin.insert(id, symbol, forget_at, time.now()), answer);
    ASSERT_EQ(answer == Answer::duplicate, duplicate) << step;
    if (!duplicate) naive[id] = {symbol, forget_at};
    if (step % 5'000 != 0) continue;
    const std::string bytes = saved(twin);
    base::ByteReader reader(bytes);
    twin = SeenIds();
    twin.load(reader);
    ASSERT_TRUE(reader.at_end());
    ASSERT_EQ(twin.size(), seen.size());
  }
  EXPECT_LT(seen.size(), naive.size()) << "what is forgotten is given back";
}

TEST(SeenIds, CutBytesDoNoHarm) {
  SeenIds seen;
  Time time;
  for (std::uint64_t i = 0; i < 3'000; ++i) seen.insert(id_of(i), 0, 100, time.now());
  const std::string bytes = saved(seen);
  for (std::size_t size = 0; size < 400; ++size) {
    base::ByteReader reader(std::string_view(bytes).substr(0, size));
    SeenIds cut;
    cut.load(reader);
    EXPECT_FALSE(reader.at_end() && size > 0);
  }
}

}  // namespace
}  // namespace tickerhouse::engine

// An id is a duplicate exactly until its time to be forgotten, as a plain map says.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <map>

#include "engine/seen_ids.h"

namespace tickerhouse::engine {
namespace {

RC_GTEST_PROP(SeenIdsProperties, AsAMapOfTimes, ()) {
  SeenIds seen;
  std::map<std::uint64_t, base::TsNanos> known;
  std::array<base::TsNanos, 1> watermark = {0};
  const std::array<std::uint32_t, 1> lane = {0};
  const std::array<base::TsNanos, 1> floor = {base::kNoTime};
  const flow::EventTime time{lane, watermark, floor};
  const auto steps = *rc::gen::inRange(0, 3'000);
  const auto ids = *rc::gen::inRange(1, 2'000);
  for (int i = 0; i < steps; ++i) {
    if (*rc::gen::inRange(0, 20) == 0) watermark[0] += *rc::gen::inRange(0, 5);
    const auto number = static_cast<std::uint64_t>(*rc::gen::inRange(0, ids));
    // Ids that fall on neighbouring slots, as hashes may.
    const base::Hash128 id{number % 97 + 1, number};
    const base::TsNanos forget_at = watermark[0] + *rc::gen::inRange(1, 8);
    const auto found = known.find(number);
    const bool duplicate = found != known.end() && watermark[0] < found->second;
    RC_ASSERT((seen.insert(id, 0, forget_at, time) == SeenIds::Answer::duplicate) == duplicate);
    if (!duplicate) known[number] = forget_at;
  }
  std::string bytes;
  base::ByteWriter writer(bytes);
  seen.save(writer);
  SeenIds loaded;
  base::ByteReader reader(bytes);
  loaded.load(reader);
  RC_ASSERT(reader.at_end());
  for (const auto& [number, forget_at] : known)
    RC_ASSERT((loaded.insert({number % 97 + 1, number}, 0, forget_at, time) == SeenIds::Answer::duplicate) ==
              (watermark[0] < forget_at));
}

}  // namespace
}  // namespace tickerhouse::engine

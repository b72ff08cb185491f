// Local times of zones, where clocks are set forward and back and where int64 ends.
#include "sources/zone.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace tickerhouse::sources {
namespace {

base::TsNanos local(const char* text) {
  const auto wall = base::parse_wall_time(text);
  CHECK(wall.has_value());
  return wall->local;
}

std::string utc(const std::string& zone, const char* text) {
  auto to_utc = make_zone(zone);
  CHECK(to_utc.ok());
  const auto ts = (*to_utc)(local(text));
  if (!ts) return "never";
  std::string out;
  base::append_iso_time(out, *ts);
  return out;
}

TEST(Zone, UtcNeedsNone) {
  EXPECT_FALSE(make_zone("").value());
  EXPECT_FALSE(make_zone("UTC").value());
}

TEST(Zone, UnknownOnesAreMistakes) {
  for (const char* name : {"America/Atlantis", "new york", "../../etc/passwd", "America/New_York "}) {
    const auto zone = make_zone(name);
    ASSERT_FALSE(zone.ok()) << name;
    EXPECT_EQ(zone.error().code, base::ErrorCode::configuration);
  }
}

TEST(Zone, ClocksAreSetForwardAndBack) {  // times of the changes: docs of the tz database
  EXPECT_EQ(utc("America/New_York", "2012-06-21T09:30:00"), "2012-06-21T13:30:00Z");
  EXPECT_EQ(utc("America/New_York", "2026-01-05T09:30:00"), "2026-01-05T14:30:00Z");
  EXPECT_EQ(utc("America/New_York", "2026-03-08T01:59:59.999999999"), "2026-03-08T06:59:59.999999999Z");
  EXPECT_EQ(utc("America/New_York", "2026-03-08T02:00:00"), "never");
  EXPECT_EQ(utc("America/New_York", "2026-03-08T02:59:59.999999999"), "never");
  EXPECT_EQ(utc("America/New_York", "2026-03-08T03:00:00"), "2026-03-08T07:00:00Z");
  EXPECT_EQ(utc("America/New_York", "2026-11-01T00:59:59"), "2026-11-01T04:59:59Z");
  EXPECT_EQ(utc("America/New_York", "2026-11-01T01:30:00"), "2026-11-01T05:30:00Z");  // the first of two
  EXPECT_EQ(utc("America/New_York", "2026-11-01T02:00:00"), "2026-11-01T07:00:00Z");
  EXPECT_EQ(utc("Europe/London", "2026-07-01T08:00:00"), "2026-07-01T07:00:00Z");
  EXPECT_EQ(utc("Asia/Kolkata", "2026-07-01T09:15:00"), "2026-07-01T03:45:00Z");
  EXPECT_EQ(utc("Asia/Tokyo", "1970-01-01T09:00:00"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc("Pacific/Apia", "2011-12-30T12:00:00"), "never");  // a day that Samoa left out
}

// Asked for in any order: what is remembered of the last answer must not colour the next.
TEST(Zone, AnswersDoNotDependOnTheOnesBefore) {
  for (const char* name : {"America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "Pacific/Apia"}) {
    auto running = make_zone(name);
    ASSERT_TRUE(running.ok());
    for (int step = 0; step < 3'000; ++step) {
      // 41 minutes forward through the year, with a jump back each time.
      const base::TsNanos at = local("2011-10-01T00:00") + step * 41 * base::kMinute;
      for (const base::TsNanos asked : {at, at - 100 * base::kDay}) {
        auto fresh = make_zone(name);
        ASSERT_EQ((*running)(asked), (*fresh)(asked)) << name << " " << asked;
      }
    }
  }
}

TEST(Zone, TheFarEndsDoNotOverflow) {
  constexpr auto kMost = std::numeric_limits<base::TsNanos>::max();
  constexpr auto kLeast = std::numeric_limits<base::TsNanos>::min();
  auto west = make_zone("Etc/GMT+12");
  auto east = make_zone("Etc/GMT-14");
  ASSERT_TRUE(west.ok() && east.ok());
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ((*west)(kMost), std::nullopt);
    EXPECT_EQ((*west)(kMost - 12 * base::kHour), kMost);
    EXPECT_EQ((*west)(kMost - 12 * base::kHour + 1), std::nullopt);
    EXPECT_EQ((*east)(kLeast), std::nullopt);
    EXPECT_EQ((*east)(kLeast + 14 * base::kHour), kLeast);
    EXPECT_EQ((*west)(0), 12 * base::kHour);
    EXPECT_EQ((*east)(0), -14 * base::kHour);
  }
  EXPECT_EQ(utc("Etc/GMT+12", "2262-04-10T12:00"), "2262-04-11T00:00:00Z");
  // Beyond the last change that is known a zone with clocks that change still answers, near int64's end too.
  auto york = make_zone("America/New_York");
  ASSERT_TRUE(york.ok());
  EXPECT_EQ((*york)(kMost), std::nullopt);
  EXPECT_EQ((*york)(local("2262-01-15T00:00")), local("2262-01-15T05:00"));
  EXPECT_EQ((*york)(local("2026-01-05T09:30")), local("2026-01-05T14:30"));
}

// Up to 2037, where the tables of the system end; a "slim" one ends in 2007 and would fail here.
TEST(Zone, SummersOfLaterYears) {
  EXPECT_EQ(utc("America/New_York", "2036-07-01T09:30"), "2036-07-01T13:30:00Z");
  EXPECT_EQ(utc("Europe/Berlin", "2036-07-01T09:30"), "2036-07-01T07:30:00Z");
}

}  // namespace
}  // namespace tickerhouse::sources

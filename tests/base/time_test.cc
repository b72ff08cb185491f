// Dates and times against std::chrono, texts against docs/semantics.md 1.10.
#include "base/time.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

namespace tickerhouse::base {
namespace {

using Random = std::mt19937_64;
constexpr TsNanos kReadableEnd = 9'223'200'000'000'000'000;  // 2262-04-11T00:00:00Z

std::string iso(TsNanos ts) {
  std::string text;
  append_iso_time(text, ts);
  return text;
}

// The same from std::chrono's calendar.
std::string iso_of_chrono(TsNanos ts) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::nanoseconds> at{chrono::nanoseconds(ts)};
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss time(at - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  std::string all = text;
  if (time.subseconds().count() != 0) {
    std::snprintf(text, sizeof text, ".%09d", static_cast<int>(time.subseconds().count()));
    all.append(text);
    all.resize(all.find_last_not_of('0') + 1);
  }
  return all.append("Z");
}

TEST(Time, EveryDayIsThatOfChrono) {
  namespace chrono = std::chrono;
  for (chrono::sys_days day = chrono::year{1600} / 1 / 1; day < chrono::sys_days(chrono::year{2500} / 1 / 1);
       day += chrono::days(1)) {
    const chrono::year_month_day date(day);
    const auto month = static_cast<unsigned>(date.month());
    const auto of_month = static_cast<unsigned>(date.day());
    const std::int64_t days = day.time_since_epoch().count();
    ASSERT_EQ(days_from_civil(static_cast<int>(date.year()), month, of_month), days);
    const CivilDate back = civil_from_days(days);
    ASSERT_TRUE(back.year == static_cast<int>(date.year()) && back.month == month && back.day == of_month)
        << days;
  }
}

TEST(Time, RandomTimesPrintAsChronoAndReadBack) {
  Random random(1);
  for (int i = 0; i < 20'000; ++i) {
    auto ts = static_cast<TsNanos>(random() % static_cast<std::uint64_t>(kReadableEnd));
    if (i % 2 == 0) ts = floor_to(ts, std::array{kMicrosecond, kMillisecond, kSecond, kDay}[random() % 4]);
    ASSERT_EQ(iso(ts), iso_of_chrono(ts));
    ASSERT_EQ(parse_iso_time(iso(ts)), ts);
  }
  EXPECT_EQ(iso(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(iso(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(iso(1'767'623'400'250'000'000), "2026-01-05T14:30:00.25Z");
  EXPECT_EQ(iso(std::numeric_limits<TsNanos>::max()), "2262-04-11T23:47:16.854775807Z");
}

// A blank in place of the T is read the long way.
TEST(Time, TheShortWayReadsAsTheLongOne) {
  std::mt19937_64 chance(7);
  const std::string usual = "2024-02-29T23:59:59.123456789Z";
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = usual.substr(0, 19 + chance() % 11) + "Z";
    for (auto changes = chance() % 4; changes > 0; --changes)
      text[chance() % text.size()] = "0123456789:-./TZ \x80"[chance() % 18];
    if (text[10] != 'T') continue;
    std::string other = text;
    other[10] = ' ';
    const auto one = parse_wall_time(text);
    const auto two = parse_wall_time(other);
    ASSERT_EQ(one.has_value(), two.has_value()) << text;
    if (!one || !two) continue;
    ++read;
    ASSERT_EQ(one->local, two->local) << text;
    ASSERT_EQ(one->offset, two->offset) << text;
  }
  EXPECT_GT(read, 10'000);
}

TEST(Time, TheFormsOfAText) {
  constexpr TsNanos kOpen = 1'767'623'400'000'000'000;  // 2026-01-05T14:30:00Z
  for (const char* good :
       {"2026-01-05T14:30", "2026-01-05t14:30:00", "2026-01-05 14:30:00.0", "2026-01-05T14:30Z",
        "2026-01-05T14:30:00z", "2026-01-05T15:30+01:00", "2026-01-05T09:00:00-0530",
        "2026-01-05T23:30:00+09", "2026-01-06T14:29:00+23:59", "2026-01-05T14:30:00.000000000999Z"})
    EXPECT_EQ(parse_iso_time(good), kOpen) << good;
  EXPECT_EQ(parse_iso_time("2026-01-05T14:30:00.1Z"), kOpen + 100 * kMillisecond);
  EXPECT_EQ(parse_iso_time("2026-01-05T14:30:00.1234567899+00:00"), kOpen + 123'456'789);
  EXPECT_EQ(parse_iso_time("2024-02-29T00:00Z"), 1'709'164'800 * kSecond);
  EXPECT_EQ(parse_iso_time("2000-02-29T00:00Z"), 951'782'400 * kSecond);
  for (const char* bad : {"",
                          "2026-01-05",
                          "2026-01-05T",
                          "2026-01-05T14",
                          "2026-01-05T14:",
                          "2026-01-05T14:3",
                          "2026-01-05T14:30:",
                          "2026-01-05T14:30:0",
                          "2026-01-05T14:30.5",
                          "2026-01-05T14:30:00.",
                          "2026-01-05T14:30:00.Z",
                          "2026-01-05T14:30:00,5",
                          "2026-01-05T24:00:00",
                          "2026-01-05T23:60:00",
                          "2026-01-05T23:59:60",
                          "2026-01-05  14:30",
                          "2026-01-05_14:30",
                          " 2026-01-05T14:30",
                          "2026-01-05T14:30 ",
                          "2026-01-05T14:30ZZ",
                          "2026-01-05T14:30Z+01",
                          "2026-01-05T14:30+",
                          "2026-01-05T14:30+1",
                          "2026-01-05T14:30+1:00",
                          "2026-01-05T14:30+01:",
                          "2026-01-05T14:30+01:0",
                          "2026-01-05T14:30+010",
                          "2026-01-05T14:30+24:00",
                          "2026-01-05T14:30+01:60",
                          "2026-01-05T14:30+01:00:00",
                          "2026-13-05T14:30",
                          "2026-00-05T14:30",
                          "2026-02-29T14:30",
                          "1900-02-29T14:30",
                          "2026-04-31T14:30",
                          "2026-01-00T14:30",
                          "2026-1-5T14:30",
                          "20260105T143000",
                          "+2026-01-05T14:30",
                          "02026-01-05T14:30",
                          "2026-01-05T-1:30"})
    EXPECT_EQ(parse_iso_time(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_iso_time(std::string_view("2026-01-05T14:30\0", 17)), std::nullopt);
}

TEST(Time, EveryCutOfATextEndsWell) {
  const std::string whole = "2026-01-05T14:30:00.123456789+05:30";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::string copy = whole.substr(0, length);  // its own memory, so that a sanitizer sees its end
    const bool minutes = length == 16 || length == 19 || (length > 20 && length < 30);
    const bool offset = length == 32 || length == 35;
    EXPECT_EQ(parse_iso_time(copy).has_value(), minutes || length == 29 || offset) << copy;
  }
}

TEST(Time, TheEndsOfWhatFits) {
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00Z"), 0);
  EXPECT_EQ(parse_iso_time("1970-01-01T00:59:59+01:00"), std::nullopt);
  EXPECT_EQ(parse_iso_time("1969-12-31T23:59:59.999999999Z"), std::nullopt);
  EXPECT_EQ(parse_iso_time("1969-12-31T23:00-01:00"), 0);
  EXPECT_EQ(parse_iso_time("2262-04-11T23:47:16.854775807Z"), std::numeric_limits<TsNanos>::max());
  for (const char* beyond :
       {"2262-04-11T23:47:16.854775808Z", "2262-04-11T23:47:17Z", "2262-04-11T23:47:16.854775807-00:01",
        "2262-04-12T00:00+23:59", "9999-12-31T23:59:59Z", "0000-01-01T00:00Z", "1677-09-21T00:12:43Z"})
    EXPECT_EQ(parse_iso_time(beyond), std::nullopt) << beyond;
  const auto wall = parse_wall_time("1969-12-31T23:59:59.5-23:59");
  ASSERT_TRUE(wall);
  EXPECT_EQ(wall->local, -kSecond / 2);
  EXPECT_EQ(wall->offset, -(23 * kHour + 59 * kMinute));
  EXPECT_EQ(parse_wall_time("1970-01-01 00:00")->offset, std::nullopt);
  EXPECT_EQ(parse_wall_time("1970-01-01 00:00Z")->offset, 0);
}

TEST(Time, Dates) {
  EXPECT_EQ(parse_date("1970-01-01"), 0);
  EXPECT_EQ(parse_date("1969-12-31"), -1);
  EXPECT_EQ(parse_date("2012-06-21"), 15'512);
  for (const char* bad : {"", "2012-06-21 ", "2012-6-21", "2012-06-31", "2012/06/21", "2012-06-21T00:00"})
    EXPECT_EQ(parse_date(bad), std::nullopt) << bad;
  std::string text;
  append_date(text, 15'512);
  EXPECT_EQ(text, "2012-06-21");
}

TEST(Time, FloorToIsTheMultipleAtOrBefore) {
  static_assert(floor_to(0, 250) == 0 && floor_to(249, 250) == 0 && floor_to(250, 250) == 250);
  static_assert(floor_to(-1, 250) == -250 && floor_to(-250, 250) == -250 && floor_to(-251, 250) == -500);
  static_assert(floor_to(std::numeric_limits<TsNanos>::max(), kDay) == 106'751 * kDay);
  Random random(2);
  for (int i = 0; i < 20'000; ++i) {
    const auto ts = static_cast<TsNanos>(random()) / 2;
    const auto step = static_cast<DurationNanos>(1 + random() % (random() % 2 == 0 ? 100 : kDay));
    const TsNanos floor = floor_to(ts, step);
    ASSERT_EQ(floor % step, 0);
    ASSERT_TRUE(floor <= ts && ts - floor < step) << ts << " to " << step;
  }
}

TEST(Time, Durations) {
  EXPECT_EQ(parse_duration("0"), 0);
  EXPECT_EQ(parse_duration("0 seconds"), 0);
  EXPECT_EQ(parse_duration("5s"), 5 * kSecond);
  EXPECT_EQ(parse_duration("250ms"), 250 * kMillisecond);
  EXPECT_EQ(parse_duration("2m"), 2 * kMinute);
  EXPECT_EQ(parse_duration("1h"), kHour);
  EXPECT_EQ(parse_duration("1d"), kDay);
  EXPECT_EQ(parse_duration("90 seconds"), 90 * kSecond);
  EXPECT_EQ(parse_duration("2 minutes"), 2 * kMinute);
  EXPECT_EQ(parse_duration("1 hour"), kHour);
  EXPECT_EQ(parse_duration("3   days"), 3 * kDay);
  EXPECT_EQ(parse_duration("1 week"), 7 * kDay);
  EXPECT_EQ(parse_duration("10 microseconds"), 10 * kMicrosecond);
  EXPECT_EQ(parse_duration("7us"), 7 * kMicrosecond);
  EXPECT_EQ(parse_duration("7ns"), 7);
  EXPECT_EQ(parse_duration("9223372036854775807ns"), std::numeric_limits<DurationNanos>::max());
  for (const char* bad :
       {"", " ", "5", "s", "-5s", "+5s", "5 s ", " 5s", "1.5s", "5S", "5 fortnights", "1h30m", "5\ts", "0x5s",
        "9223372036854775808ns", "106752d", "99999999999999999999999s"})
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
}

TEST(Time, DurationsPrintShortAndReadBack) {
  EXPECT_EQ(format_duration(0), "0s");
  EXPECT_EQ(format_duration(90 * kSecond), "90s");
  EXPECT_EQ(format_duration(kHour), "1h");
  EXPECT_EQ(format_duration(60 * kMinute), "1h");
  EXPECT_EQ(format_duration(24 * kHour), "1d");
  EXPECT_EQ(format_duration(1'500 * kMillisecond), "1500ms");
  EXPECT_EQ(format_duration(1), "1ns");
  Random random(3);
  for (int i = 0; i < 5'000; ++i) {
    const auto unit = std::array{DurationNanos{1}, kMicrosecond, kMillisecond, kSecond, kMinute, kHour, kDay};
    const auto duration = static_cast<DurationNanos>(random() % 100'000) * unit[random() % unit.size()];
    ASSERT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

}  // namespace
}  // namespace tickerhouse::base

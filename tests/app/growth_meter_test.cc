#include <gtest/gtest.h>

#include "app/process/process_status.h"

namespace tickerhouse::app {
namespace {

constexpr std::uint64_t kGigabyte = 1'000'000'000;

flow::TapeStatus tape(std::uint64_t used, std::uint64_t disk_free) {
  flow::TapeStatus status;
  status.bytes_used = used;
  status.bytes_max = 10 * kGigabyte;
  status.disk_free_bytes = disk_free;
  return status;
}

TEST(GrowthMeter, SaysNothingAfterAMoment) {
  GrowthMeter meter;
  EXPECT_EQ(meter.hours_left(tape(0, kGigabyte), false), std::nullopt);
  meter.note(0, tape(0, kGigabyte), 0);
  meter.note(kGigabyte, tape(0, kGigabyte), base::kMinute - 1);
  EXPECT_EQ(meter.hours_left(tape(0, kGigabyte), false), std::nullopt);
}

TEST(GrowthMeter, TheDiskIsFullFirst) {
  GrowthMeter meter;
  meter.note(0, tape(0, 6 * kGigabyte), 0);
  meter.note(kGigabyte, tape(kGigabyte / 2, 5 * kGigabyte), 30 * base::kMinute);
  EXPECT_DOUBLE_EQ(*meter.hours_left(tape(kGigabyte / 2, 5 * kGigabyte), false), 2.5);
}

TEST(GrowthMeter, TheTapeIsFullFirstUnlessItIsCut) {
  GrowthMeter meter;
  meter.note(0, tape(8 * kGigabyte, 101 * kGigabyte), 0);
  const flow::TapeStatus now = tape(9 * kGigabyte, 100 * kGigabyte);
  meter.note(kGigabyte, now, base::kHour);
  EXPECT_DOUBLE_EQ(*meter.hours_left(now, false), 1);
  EXPECT_DOUBLE_EQ(*meter.hours_left(now, true), 100);
}

TEST(GrowthMeter, NothingGrows) {
  GrowthMeter meter;
  meter.note(kGigabyte, tape(kGigabyte, kGigabyte), 0);
  meter.note(kGigabyte / 2, tape(kGigabyte, kGigabyte), base::kHour);
  EXPECT_EQ(meter.hours_left(tape(kGigabyte, kGigabyte), false), std::nullopt);
}

TEST(GrowthMeter, OnlyTheLastHourCounts) {
  GrowthMeter meter;
  meter.note(0, tape(0, 0), 0);
  meter.note(50 * kGigabyte, tape(0, 0), base::kMinute);  // a burst
  meter.note(51 * kGigabyte, tape(0, 0), base::kHour + base::kMinute);
  EXPECT_DOUBLE_EQ(*meter.hours_left(tape(0, 3 * kGigabyte), false), 3);
  meter.restart();
  EXPECT_EQ(meter.hours_left(tape(0, kGigabyte), false), std::nullopt);
}

}  // namespace
}  // namespace tickerhouse::app

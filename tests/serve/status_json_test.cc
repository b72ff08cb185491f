#include "serve/status_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tickerhouse::serve {
namespace {

using nlohmann::json;

flow::PipelineStatus small_status() {
  flow::PipelineStatus status;
  status.origin = "recorded";
  status.total = {7, 1, 1, 1, 1, 2, 1};
  status.ingest = {2, 0, 0, 0, 0, 2, 0};
  status.tape = {10, 20, 30, false, 4.5};
  status.partitions.push_back({3, {5, 1, 1, 1, 1, 0, 1}, 4, 6, {}});
  status.sinks.push_back({"duckdb", "bars", 3, 8, 9});
  status.sources.push_back({"a\"b", true, false, base::kNoTime, 7, 1, 2, {{"bad_json", 2}}, {}, {}});
  status.problems.emplace_back("no \"room\"");
  return status;
}

// The very bytes that `status --json` has always printed.
TEST(StatusJson, OfADirectory) {
  EXPECT_EQ(
      status_json(small_status()),
      R"({"total":{"received":7,"used":1,"duplicate":1,"late_revised":1,"late_kept":1,"rejected":2,"cancelled":1},)"
      R"("ingest":{"received":2,"used":0,"duplicate":0,"late_revised":0,"late_kept":0,"rejected":2,"cancelled":0},)"
      R"("partitions":[{"partition":3,"received":5,"used":1,"duplicate":1,"late_revised":1,"late_kept":1,)"
      R"("rejected":0,"cancelled":1,"waiting":4,"id_reused":6}],)"
      R"("sinks":[{"name":"duckdb","topic":"bars","partition":3,"position":8,"lag":9}],)"
      R"("sources":[{"name":"a\"b","finished":true,"truncated":false,"watermark":null,"received":7,"skipped":1,)"
      R"("rounded":2,"rejects":{"bad_json":2}}],"running":false,"origin":"recorded",)"
      R"("tape":{"bytes_used":10,"bytes_max":20,"disk_free_bytes":30,"hours_left":4.5,"kind":"lmdb"},"problems":["no \"room\""]})");
}

TEST(StatusJson, WhatWasGivenUpIsSaid) {
  flow::PipelineStatus status = small_status();
  status.partitions[0].lost = {10, 13, 5};
  EXPECT_NE(status_json(status).find(R"("id_reused":6,"lost":{"offsets":5,"from":10,"to":13}}],)"),
            std::string::npos);
  status.sources[0].lost = {7, 9, 2};
  status.sources[0].lost_input = "ticks/1";
  EXPECT_NE(status_json(status).find(
                R"("rejects":{"bad_json":2},"lost":{"offsets":2,"from":7,"to":9,"input":"ticks/1"}}],)"),
            std::string::npos);
}

TEST(StatusJson, TheSizeOfATapeElsewhereIsUnknown) {
  flow::PipelineStatus status = small_status();
  status.tape = {0, 0, 30, false, std::nullopt, "kafka"};
  EXPECT_EQ(json::parse(status_json(status))["tape"], (json{{"bytes_used", nullptr},
                                                            {"bytes_max", nullptr},
                                                            {"disk_free_bytes", 30},
                                                            {"hours_left", nullptr},
                                                            {"kind", "kafka"}}));
}

TEST(StatusJson, OfAProcess) {
  flow::PipelineStatus status = small_status();
  status.running = true;
  status.source_kind = "replay";
  status.speed = 2.5;
  status.intervals = {base::kMinute, base::kDay, 7 * base::kDay};
  status.process.start_id = "8f1c";
  status.process.started_at = 0;
  status.process.uptime = 12'500 * base::kMillisecond;
  status.process.stages.push_back(
      {"sinks", flow::StageState::degraded, "retrying", "7 rows", "the disk is full", 2});
  status.process.sinks.push_back({"duckdb", flow::StageState::failed, 3, 0, "cannot write"});
  status.process.catching_up = 0.25;
  status.process.oracle = flow::OracleScore{12, 11, "AAPL 10:00"};
  const json seen = json::parse(status_json(status, {"0.4.0", "./data", base::kSecond}));
  EXPECT_EQ(seen["start_id"], "8f1c");
  EXPECT_EQ(seen["now"], "1970-01-01T00:00:01Z");
  EXPECT_EQ(seen["uptime_seconds"], 12.5);
  EXPECT_EQ(seen["day_interval"], "1d");
  EXPECT_EQ(seen["intervals"], (json{"1m", "1d", "7d"}));
  EXPECT_EQ(seen["source_label"], (json{{"kind", "replay"}, {"speed", 2.5}}));
  EXPECT_EQ(seen["stages"][0]["state"], "degraded");
  EXPECT_EQ(seen["stages"][0]["restarts"], 2);
  EXPECT_EQ(seen["sinks"][0]["error"], "cannot write");
  EXPECT_EQ(seen["sinks"][0]["last_flush"], "1970-01-01T00:00:00Z");
  EXPECT_EQ(seen["catching_up"], 0.25);
  EXPECT_EQ(seen["oracle"], (json{{"judged", 12}, {"exact", 11}, {"first_wrong", "AAPL 10:00"}}));
}

TEST(StatusJson, WhatIsNotKnownIsNull) {
  flow::PipelineStatus status;
  status.process.start_id = "x";
  status.process.events_per_second = 1.0 / 0.0;
  const json seen = json::parse(status_json(status));
  for (const char* key : {"events_per_second", "catching_up", "oracle", "day_interval", "now"})
    EXPECT_TRUE(seen.at(key).is_null()) << key;
}

TEST(StatusJson, TheDayIsTheLongestIntervalUpToADay) {
  EXPECT_EQ(day_interval_of({base::kMinute, base::kHour, 2 * base::kDay}), base::kHour);
  EXPECT_EQ(day_interval_of({3 * base::kDay, 2 * base::kDay}), 2 * base::kDay);
}

TEST(StatusJson, LedgersSayWhetherTheyAddUp) {
  EXPECT_EQ(json::parse(ledgers_json(small_status()))["adds_up"], true);
  flow::PipelineStatus status = small_status();
  status.total.used = 9;
  EXPECT_EQ(json::parse(ledgers_json(status))["adds_up"], false);
}

}  // namespace
}  // namespace tickerhouse::serve

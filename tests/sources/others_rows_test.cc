// Messages of others as rows of events: one row each, whatever they hold.
#include "sources/others_rows.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "market/reject.h"

namespace tickerhouse::sources {
namespace {

using market::RejectReason;
using market::StatusCode;

constexpr base::TsNanos kTen = 1'767'607'200 * base::kSecond;  // 2026-01-05T10:00:00Z

class OthersRowsTest : public testing::Test {
 protected:
  void open(const formats::MappingText& text = {}) {
    OthersRowsOptions options;
    options.topic = "ticks";
    options.skew = 5 * base::kSecond;
    EXPECT_TRUE(formats::compile_mapping(text, options.mapping).empty());
    rows = std::move(make_others_rows(std::move(options))).value();
  }
  // The row of a message.
  market::EventRow row_of(const std::optional<std::string>& value, base::TsNanos timestamp = kTen) {
    flow::OthersMessage message;
    if (value) {
      message.value = *value;
      EXPECT_TRUE(rows->prepare(*value).ok());
    }
    message.timestamp = timestamp;
    const std::size_t before = to.rows.size();
    rows->append(message, to);
    EXPECT_EQ(to.rows.size(), before + 1);
    EXPECT_EQ(to.strings.at(to.rows.back().source), "ticks");
    return to.rows.back();
  }
  void expect_rejected(const std::string& value, RejectReason reason, base::TsNanos timestamp = kTen) {
    const market::EventRow row = row_of(value, timestamp);
    ASSERT_EQ(row.kind, market::EventKind::status) << value;
    ASSERT_EQ(row.control.code, StatusCode::rejected) << value;
    EXPECT_EQ(market::reject_of(row).reason, reason) << value;
    EXPECT_EQ(market::reject_of(row).raw_length, value.size());
    EXPECT_EQ(to.text(static_cast<std::uint32_t>(to.rows.size() - 1)), value);
  }
  void expect_skipped(const std::optional<std::string>& value) {
    const market::EventRow row = row_of(value);
    EXPECT_EQ(row.kind, market::EventKind::status);
    EXPECT_EQ(row.control.code, StatusCode::skipped);
  }
  std::unique_ptr<flow::MessageRows> rows;
  market::EventBatchBuilder to;
};

TEST_F(OthersRowsTest, Events) {
  open();
  const market::EventRow row =
      row_of(R"({"symbol":"AAPL","price":1.5,"size":2,"ts":"2026-01-05T10:00:01Z"})");
  EXPECT_EQ(row.kind, market::EventKind::trade);
  EXPECT_EQ(to.strings.at(row.symbol), "AAPL");
  EXPECT_EQ(row.ts_event, kTen + base::kSecond);
  EXPECT_EQ(row.trade.price.units, 1'500'000'000);
  EXPECT_EQ(row.flags & market::kRounded, 0);
  const market::EventRow rounded =
      row_of(R"({"symbol":"AAPL","price":1.5000000000001,"ts":"2026-01-05T10:00:01Z"})");
  EXPECT_NE(rounded.flags & market::kRounded, 0);
  // One trade in a message that may hold several.
  EXPECT_EQ(row_of(R"({"type":"trade","data":[{"s":"A","p":1,"t":1767607200000,"v":1}]})").kind,
            market::EventKind::trade);
}

TEST_F(OthersRowsTest, WhatHoldsNoEvent) {
  open();
  expect_skipped(std::nullopt);
  expect_skipped("");
  expect_skipped(R"({"kind":"watermark","ts":"2026-01-05T10:00:00Z","source":"x"})");
  expect_rejected("junk", RejectReason::bad_json);
  expect_rejected(R"({"symbol":"AAPL","price":"x","ts":"2026-01-05T10:00:01Z"})", RejectReason::bad_price);
  expect_rejected(
      R"({"type":"trade","data":[{"s":"A","p":1,"t":1767607200000},{"s":"A","p":1,"t":1767607200000}]})",
      RejectReason::unsupported_kind);
}

TEST_F(OthersRowsTest, TheFutureIsThatOfTheMessage) {
  open();
  const std::string ahead = R"({"symbol":"A","price":1,"ts":"2026-01-05T10:00:05.000000001Z"})";
  expect_rejected(ahead, RejectReason::future_time);
  EXPECT_EQ(row_of(ahead, kTen + base::kMillisecond).kind, market::EventKind::trade);
  EXPECT_EQ(row_of(ahead, base::kNoTime).kind, market::EventKind::trade) << "a message without a time";
  // What the record itself says of its receipt goes before.
  const std::string received =
      R"({"symbol":"A","price":1,"ts":"2026-01-05T10:00:06Z","ts_recv":"2026-01-05T10:00:00Z"})";
  expect_rejected(received, RejectReason::future_time, kTen + base::kMinute);
}

TEST_F(OthersRowsTest, OfAMessageThatIsTooLongTheBeginningAndItsHash) {
  open();
  const std::string value = R"({"symbol":")" + std::string(market::kRejectBytesMax, 'x');
  const market::RejectRow reject = market::reject_of(row_of(value));
  EXPECT_EQ(reject.reason, RejectReason::line_too_long);
  EXPECT_EQ(reject.raw_length, value.size());
  EXPECT_EQ(reject.raw_hash, base::hash128(value));
  EXPECT_EQ(to.text(0), std::string_view(value).substr(0, market::kRejectBytesMax));
}

TEST_F(OthersRowsTest, WithAMapping) {
  formats::MappingText text;
  text.format = "csv";
  text.fields = {{"ts", "$1"}, {"symbol", "$2"}, {"price", "$3"}};
  text.ts_unit = "ms";
  open(text);
  EXPECT_EQ(row_of("1767607200000,MSFT,30.25").ts_event, kTen);
  expect_rejected("1767607200000,MSFT,", RejectReason::missing_price);
  text.where = {"$2 = AAPL"};
  open(text);
  expect_skipped("1767607200000,MSFT,30.25");
  text.fields.clear();
  text.where.clear();
  OthersRowsOptions by_name;
  by_name.topic = "ticks";
  EXPECT_TRUE(formats::compile_mapping(text, by_name.mapping).empty());
  EXPECT_FALSE(make_others_rows(std::move(by_name)).ok()) << "a message has no header";
}

}  // namespace
}  // namespace tickerhouse::sources

// docs/semantics.md 1.6 to 1.11 and section 7, on lines.
#include <gtest/gtest.h>

#include "tests/formats/decode_support.h"

namespace tickerhouse::formats {
namespace {

std::string with(const std::string& fields) { return json("{" + fields + "}"); }
std::string price_of(const std::string& text) {
  const std::string all = with(R"("symbol":"A","ts":"2026-01-05T14:30:00Z","price":)" + text);
  const std::size_t at = all.find("\"price\":");
  return at == std::string::npos
             ? all
             : all.substr(at + 8, all.find(',', at) - at - 8) + (all.back() == '~' ? "~" : "");
}
std::string size_of(const std::string& text) {
  const std::string all = with(R"("symbol":"A","ts":"2026-01-05T14:30:00Z","price":1,"volume":)" + text);
  const std::size_t at = all.find("\"volume\":");
  return at == std::string::npos
             ? all
             : all.substr(at + 9, all.find(',', at) - at - 9) + (all.back() == '~' ? "~" : "");
}
std::string time_of(const std::string& field) {
  const std::string all = with(R"("symbol":"A","price":1,)" + field);
  const std::size_t at = all.find("\"ts\":\"");
  return at == std::string::npos ? all : all.substr(at + 6, all.find('"', at + 6) - at - 6);
}
std::string others(const std::string& field) {
  const std::string all = with(R"("symbol":"A","price":1,"ts_epoch_ms":0,)" + field);
  const std::size_t at = all.find(R"("kind":"trade")");
  return at == std::string::npos ? all : all.substr(at + 14);
}

TEST(Record, ChecksRunInTheirOrder) {
  EXPECT_EQ(with(""), "missing_symbol");
  EXPECT_EQ(with(R"("kind":"halt")"), "unsupported_kind");
  EXPECT_EQ(with(R"("kind":"")"), "unsupported_kind");
  EXPECT_EQ(with(R"("kind":7)"), "unsupported_kind");
  EXPECT_EQ(with(R"("kind":"trade ")"), "unsupported_kind");
  EXPECT_EQ(with(R"("symbol":"A")"), "missing_price");
  EXPECT_EQ(with(R"("symbol":"A","price":0,"volume":-1)"), "bad_price");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"volume":-1,"ts":7)"), "bad_size");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"size":-1,"volume":1)"), "bad_size");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"ts":7,"seq":-1)"), "bad_time");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"seq":-1)"), "missing_time");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"ts_epoch_ms":0,"seq":-1)"), "bad_field");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"ts_epoch_ms":0,"timestamp":"x")"), "bad_time");
}

TEST(Record, Symbols) {
  for (const char* good : {"A", "BRK.B", "BTC/USD", "^VIX", "EURUSD=X", "BINANCE:ETHUSDT", "M&M.NS", "~",
                           "12345678901234567890123456789012"})
    EXPECT_EQ(with(std::string(R"("symbol":")") + good + '"'), "missing_price") << good;
  for (const char* bad :
       {R"("")", R"("A B")", R"("A,B")", R"("A'B")", R"("A\"B")", R"("A\\B")", R"("<A")", R"("A>")", R"("é")",
        R"("123456789012345678901234567890123")", "7", "true", "[]", R"("\u007f")"})
    EXPECT_EQ(with(std::string(R"("symbol":)") + bad), "bad_symbol") << bad;
}

TEST(Record, PricesAreExact) {
  EXPECT_EQ(price_of("150.25"), "150.25");
  EXPECT_EQ(price_of("\"150.25\""), "150.25");
  EXPECT_EQ(price_of("1.5e2"), "150");
  EXPECT_EQ(price_of("0.0000000005"), "bad_price");  // half to even: 0
  EXPECT_EQ(price_of("0.00000000051"), "0.000000001~");
  EXPECT_EQ(price_of("0.0000000015"), "0.000000002~");
  EXPECT_EQ(price_of("0.0000000025"), "0.000000002~");
  EXPECT_EQ(price_of("1.0000000000000000000"), "1");
  EXPECT_EQ(price_of("9223372036.854775807"), "9223372036.854775807");
  for (const char* bad : {"9223372036.854775808", "1e400", "-1", "0", "-0", "\"\"", "\"1,5\"", "\" 1\"",
                          "\"1 \"", "\"0x1\"", "\"+1\"", "\"NaN\"", "\"1.\"", "true", "[1]", "{}"})
    EXPECT_EQ(price_of(bad), "bad_price") << bad;
}

TEST(Record, SizesMayBeZeroOrUnknown) {
  EXPECT_EQ(size_of("0"), "0");
  EXPECT_EQ(size_of("-0"), "0");
  EXPECT_EQ(size_of("null"), "null");
  EXPECT_EQ(size_of("-0.0000001"), "0~");
  EXPECT_EQ(size_of("-0.0000006"), "bad_size");
  EXPECT_EQ(size_of("1.0000005"), "1~");
  EXPECT_EQ(size_of("9223372036854.775807"), "9223372036854.775807");
  EXPECT_EQ(size_of("9223372036854.775808"), "bad_size");
  EXPECT_EQ(with(R"("symbol":"A","price":1,"ts_epoch_ms":0,"size":1,"volume":2)").find("\"volume\":2,") !=
                std::string::npos,
            true);
}

TEST(Record, Times) {
  for (const char* same :
       {"2026-01-05T14:30:00Z", "2026-01-05 14:30", "2026-01-05t14:30:00z", "2026-01-05T14:30:00.000",
        "2026-01-05T15:30+01:00", "2026-01-05T09:30:00-0500", "2026-01-05T15:30:00+01",
        "2026-01-05T14:30:00.0000000009Z", "2026-01-06T14:29:00+23:59"})
    EXPECT_EQ(time_of(std::string(R"("ts":")") + same + '"'), "2026-01-05T14:30:00Z") << same;
  for (const char* bad : {"",
                          "2026-01-05",
                          "2026-1-5T14:30:00Z",
                          "2026-01-05T24:00:00Z",
                          "2026-01-05T14:30:60Z",
                          "2026-02-29T00:00:00Z",
                          "2026-13-01T00:00:00Z",
                          "2026-00-01T00:00:00Z",
                          "2026-01-05T14:30.5Z",
                          "2026-01-05T14:30:00.Z",
                          "2026-01-05T14:30:00+24:00",
                          "2026-01-05T14:30:00+1",
                          "2026-01-05T14:30:00 Z",
                          "2026-01-05  14:30:00",
                          " 2026-01-05T14:30:00Z",
                          "2026-01-05T14:30:00ZZ",
                          "1969-12-31T23:59:59Z",
                          "1970-01-01T00:00:00+00:01",
                          "2262-04-11T00:00:00Z",
                          "9999-12-31T23:59:59Z",
                          "1767623400"})
    EXPECT_EQ(time_of(std::string(R"("ts":")") + bad + '"'), "bad_time") << bad;
  EXPECT_EQ(time_of(R"("ts":1767623400)"), "bad_time");
  EXPECT_EQ(time_of(R"("ts":"2262-04-10T23:59:59.999999999Z")"), "2262-04-10T23:59:59.999999999Z");
  EXPECT_EQ(time_of(R"("ts_epoch_ms":"1767623400000.25")"), "2026-01-05T14:30:00.00025Z");
  EXPECT_EQ(time_of(R"("ts_epoch_ms":0.0000009)"), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_of(R"("ts_epoch_ms":-0)"), "1970-01-01T00:00:00Z");
  for (const char* bad : {"-1", "-0.0000001", "\"\"", "true", "9e18", "9223286400000"})
    EXPECT_EQ(time_of(std::string(R"("ts_epoch_ms":)") + bad), "bad_time") << bad;
  EXPECT_EQ(time_of(R"("timestamp":1767623400.5)"), "2026-01-05T14:30:00.5Z");
  EXPECT_EQ(time_of(R"("timestamp":"1767623400")"), "2026-01-05T14:30:00Z");
  EXPECT_EQ(time_of(R"("timestamp":1767623400500)"), "2026-01-05T14:30:00.5Z");
  EXPECT_EQ(time_of(R"("timestamp":100000000000)"), "1973-03-03T09:46:40Z");
  EXPECT_EQ(time_of(R"("timestamp":99999999999)"), "bad_time");  // the year 5138
  EXPECT_EQ(time_of(R"("timestamp":"2026-01-05 14:30:00")"), "2026-01-05T14:30:00Z");
  EXPECT_EQ(time_of(R"("timestamp":3,"ts_epoch_ms":2000,"ts":"1970-01-01T00:00:01Z")"),
            "1970-01-01T00:00:01Z");
  EXPECT_EQ(time_of(R"("timestamp":3,"ts_epoch_ms":2000)"), "1970-01-01T00:00:02Z");
}

TEST(Record, OtherFields) {
  EXPECT_EQ(others(R"("trade_id":-5)"), R"(,"trade_id":"-5"})");
  EXPECT_EQ(others(R"("trade_id":12345678901234567890123)"), R"(,"trade_id":"12345678901234567890123"})");
  EXPECT_EQ(others(R"("trade_id":"a\nb\u0000")"), R"(,"trade_id":"a\nb\u0000"})");
  EXPECT_EQ(others("\"trade_id\":\"" + std::string(256, 'x') + "\"").size(), 256 + 15U);
  EXPECT_EQ(others("\"trade_id\":\"" + std::string(257, 'x') + "\""), "bad_field");
  EXPECT_EQ(others(R"("seq":"9223372036854775807")"), R"(,"seq":9223372036854775807})");
  for (const char* bad : {R"("trade_id":"")", R"("trade_id":1.0)", R"("trade_id":1e5)", R"("trade_id":true)",
                          R"("venue":"")", R"("venue":7)", R"("venue":"a b")", R"("seq":9223372036854775808)",
                          R"("seq":1.0)", R"("seq":-0)", R"("seq":"+1")", R"("seq":"01")", R"("seq":1e3)",
                          R"("seq":"")", R"("ts_recv":"x")", R"("ts_recv":5)"})
    EXPECT_EQ(others(bad), "bad_field") << bad;
}

TEST(Record, QuotesAndSnapshots) {
  const std::string quote = R"("symbol":"A","kind":"quote","ts_epoch_ms":0,)";
  EXPECT_EQ(with(quote + R"("ask":1)"), "missing_price");
  EXPECT_EQ(with(quote + R"("bid":-1,"ask":"x")"), "bad_price");
  EXPECT_EQ(with(quote + R"("bid":"x")"), "bad_price");  // bid first
  EXPECT_EQ(with(quote + R"("bid":0,"ask":0,"ask_size":-1)"), "bad_size");
  EXPECT_EQ(
      with(quote + R"("bid":0,"ask":2,"bid_size":0,"price":-1,"trade_id":"")"),
      R"({"symbol":"A","bid":0,"ask":2,"bid_size":0,"ts":"1970-01-01T00:00:00Z","ts_epoch_ms":0,"kind":"quote"})");
  const std::string snapshot = R"("symbol":"A","kind":"snapshot","ts_epoch_ms":0,"price":1,)";
  EXPECT_EQ(
      with(snapshot + R"("volume":5)"),
      R"({"symbol":"A","price":1,"ts":"1970-01-01T00:00:00Z","ts_epoch_ms":0,"kind":"snapshot","volume_kind":"none"})");
  EXPECT_EQ(with(snapshot + R"("volume":-5)"), "bad_size");
  EXPECT_EQ(with(snapshot + R"("volume_kind":"daily")"), "bad_field");
  EXPECT_EQ(with(snapshot + R"("open":0)"), "bad_field");
  EXPECT_EQ(
      with(R"("symbol":"A","ts_epoch_ms":0,"price":1,"open":-1,"bid":"x")"),
      R"({"symbol":"A","price":1,"volume":null,"ts":"1970-01-01T00:00:00Z","ts_epoch_ms":0,"kind":"trade"})");
  EXPECT_EQ(
      with(snapshot + R"("volume":5,"volume_kind":"cumulative_day","open":1,"trade_id":"12345678901234567")"),
      R"({"symbol":"A","price":1,"volume":5,"ts":"1970-01-01T00:00:00Z","ts_epoch_ms":0,"kind":"snapshot","volume_kind":"cumulative_day","open":1,"trade_id":"12345678901234567"})");
}

}  // namespace
}  // namespace tickerhouse::formats

#include <gtest/gtest.h>

#include "formats/json_scan.h"
#include "formats/json_walk.h"
#include "tests/formats/decode_support.h"

namespace tickerhouse::formats {
namespace {

// A line of our own shape with one part of it replaced or added.
std::string line_with(const std::string& more) {
  return R"({"symbol":"AAPL","price":1,"ts":"2026-01-05T14:30:00Z",)" + more + "}";
}
constexpr const char* kPlain =
    R"({"symbol":"AAPL","price":1,"volume":null,"ts":"2026-01-05T14:30:00Z","ts_epoch_ms":1767623400000,"kind":"trade"})";

TEST(Json, OurOwnShape) {
  const std::string line =
      R"({"symbol":"BRK.B","price":150.25,"volume":100,"ts":"2026-01-05T14:30:00.25Z","ts_epoch_ms":1767623400250,"kind":"trade","trade_id":"t1","venue":"XNAS","seq":5,"ts_recv":"2026-01-05T14:30:00.251Z"})";
  EXPECT_EQ(json(line), line);
  EXPECT_EQ(json(R"( { "ts" : "2026-01-05 14:30" , "symbol" : "AAPL", "price" : "1.0" } )"), kPlain);
  EXPECT_EQ(json(line_with(R"("x":{"y":[1,true,null,"z"]})")), kPlain);
  EXPECT_EQ(json(line_with(R"("source":"who knows")")), kPlain);
  EXPECT_EQ(json(""), "");
  EXPECT_EQ(json(" \t\r"), "");
}

TEST(Json, WhatIsNoJson) {
  for (const char* more : {R"("x":01)",
                           R"("x":1.)",
                           R"("x":.5)",
                           R"("x":+1)",
                           R"("x":1e)",
                           R"("x":0x1)",
                           R"("x":NaN)",
                           R"("x":Infinity)",
                           R"("x":tru)",
                           R"("x":nulll)",
                           R"("x":'a')",
                           R"("x":"\ud800")",
                           R"("x":"\udc00\ud800")",
                           R"("x":"\x")",
                           R"("x":"\u12")",
                           "\"x\":\"\xff\"",
                           "\"x\":\"\xed\xa0\x80\"",
                           "\"x\":\"\xc0\xaf\"",
                           "\"x\":\"\t\"",
                           R"("x")",
                           R"("x":)",
                           R"("x":1,)",
                           R"("x" 1)",
                           R"(x:1)",
                           R"("x":1 2)",
                           R"("x":[1,])",
                           R"("x":[1 2])",
                           R"("x":{"a"})",
                           R"("x":[)",
                           R"(1:1)"})
    EXPECT_EQ(json(line_with(more)), "bad_json") << more;
  for (const char* line : {"{", "}", "{}{}", "{} x", "[]", "1", "null", "\"a\"", "{\"a\":1}}", "{,}",
                           "\xEF\xBB\xBF{}", "x", "{\"a\":1}\x01"})
    EXPECT_EQ(json(line), "bad_json") << line;
  EXPECT_EQ(json(std::string("{\"a\":1}\0", 8)), "bad_json");
}

TEST(Json, WhatIsJsonAllTheSame) {
  for (const char* more : {R"("x":1e400)", R"("x":-0.0E-7)", R"("x":123456789012345678901234567890)",
                           R"("x":"\ud83d\ude00")", R"("":1)", R"("x":"é€𝄞")", "\"x\":\"\x7f\"",
                           R"("\u0078":"\/\b\f\n\r\t\"\\")", R"("x":[[],{},[[{}]]])"})
    EXPECT_EQ(json(line_with(more)), kPlain) << more;
}

TEST(Json, DepthIsCounted) {
  const auto nested = [](int levels) {
    return line_with("\"x\":" + std::string(static_cast<std::size_t>(levels), '[') +
                     std::string(static_cast<std::size_t>(levels), ']'));
  };
  EXPECT_EQ(json(nested(63)), kPlain);
  EXPECT_EQ(json(nested(64)), "bad_json");
  EXPECT_EQ(json(nested(5000)), "bad_json");
}

TEST(Json, RepeatedKeys) {
  EXPECT_EQ(json(line_with(R"("symbol":"AAPL")")), "repeated_key");
  EXPECT_EQ(json(line_with(R"("s\u0079mbol":"AAPL")")), "repeated_key");
  EXPECT_EQ(json(line_with(R"("x":[{"a":1,"b":2,"a":1}])")), "repeated_key");
  EXPECT_EQ(json(line_with(R"("source":1,"source":2)")), "repeated_key");
  EXPECT_EQ(json(line_with(R"("x":{"a":1},"y":{"a":1})")), kPlain);
  EXPECT_EQ(json(line_with(R"("symbol":"AAPL","x":01)")), "bad_json");  // which goes first
  EXPECT_EQ(json(R"({"kind":"halt","kind":"halt"})"), "repeated_key");
}

TEST(Json, FinnhubMessages) {
  EXPECT_EQ(
      json(
          R"({"type":"trade","data":[{"s":"AAPL","p":1,"v":2,"t":1767623400000,"c":["1"]},{"s":"AAPL","p":-1,"v":2,"t":1},7,{}]})"),
      R"(#1:{"symbol":"AAPL","price":1,"volume":2,"ts":"2026-01-05T14:30:00Z","ts_epoch_ms":1767623400000,"kind":"trade"} #2:bad_price #3:bad_json #4:missing_symbol)");
  EXPECT_EQ(json(R"({"type":"ping"})"), "skipped");
  EXPECT_EQ(json(R"({"type":"error","data":null})"), "skipped");
  EXPECT_EQ(json(R"({"type":"trade","data":[]})"), "skipped");
  EXPECT_EQ(json(R"({"type":"error","data":"gone"})"), "missing_symbol");
  EXPECT_EQ(json(R"({"type":"trade"})"), "missing_symbol");
  EXPECT_EQ(json(R"({"type":"trade","data":{}})"), "missing_symbol");
  EXPECT_EQ(json(R"({"type":7})"), "missing_symbol");
  EXPECT_EQ(json(R"({"type":"trade","data":[{"s":"A","s":"B"}]})"), "repeated_key");
}

TEST(Json, AlpacaMessages) {
  EXPECT_EQ(
      json(
          R"({"T":"t","S":"AAPL","p":1.5,"s":3,"t":"2026-01-05T14:30:00.123456789Z","i":52983,"x":"V","z":"C"})"),
      R"({"symbol":"AAPL","price":1.5,"volume":3,"ts":"2026-01-05T14:30:00.123456789Z","ts_epoch_ms":1767623400123,"kind":"trade","trade_id":"52983","venue":"V"})");
  EXPECT_EQ(
      json(R"({"T":"q","S":"AAPL","bp":1,"bs":2,"ap":3,"as":4,"t":"2026-01-05T14:30:00Z"})"),
      R"({"symbol":"AAPL","bid":1,"ask":3,"bid_size":2,"ask_size":4,"ts":"2026-01-05T14:30:00Z","ts_epoch_ms":1767623400000,"kind":"quote"})");
  EXPECT_EQ(json(R"({"T":"b","S":"AAPL"})"), "unsupported_kind");
  EXPECT_EQ(json(R"({"T":7})"), "unsupported_kind");
  EXPECT_EQ(json(R"({"T":"t"})"), "missing_symbol");
}

TEST(Json, YahooMessages) {
  EXPECT_EQ(
      json(
          R"({"id":"AAPL","price":1.5,"time":1767623400000,"dayVolume":7,"exchange":"NMS","dayHigh":2,"dayLow":1,"openPrice":1.2,"previousClose":1.1})"),
      R"({"symbol":"AAPL","price":1.5,"volume":7,"ts":"2026-01-05T14:30:00Z","ts_epoch_ms":1767623400000,"kind":"snapshot","volume_kind":"cumulative_day","open":1.2,"high":2,"low":1,"prev_close":1.1,"venue":"NMS"})");
  EXPECT_EQ(json(R"({"id":"AAPL","price":1.5,"time":null})"), "missing_symbol");
}

// What the fast scanner takes, the strict walker takes with the same fields.
TEST(Json, TheScannerAgreesWithTheWalker) {
  const std::vector<std::string> keys = own_keys();
  JsonWalker walker(keys);
  int taken = 0;
  FlatScanner used(own_keys());
  for (const std::string& line :
       {std::string(kPlain), line_with(R"("seq":5)"), line_with(R"("seq":-5.25)"),
        line_with(R"("trade_id":"a b")"), line_with(R"("source":null)"),
        line_with(R"("bid":1,"ask":2,"bid_size":3,"ask_size":4,"low":5,"high":6,"open":7,"prev_close":8)"),
        line_with(R"("kind":null)"), line_with("\"venue\":\"\x7f\""), line_with(R"("seq":1e5)"),
        line_with(R"("seq":01)"), line_with(R"("seq":1.)"), line_with(R"("seq":-)"),
        line_with(R"("seq":nul)"), line_with(R"("seq":"\n")"), line_with(R"("seq":5,)"),
        line_with(R"("seq":5)") + "}", line_with(R"("timestamp":5)") + " \t\r", line_with(R"("seq":nullx)"),
        line_with("\"seq\":5\n")}) {
    const bool is_taken = FlatScanner(own_keys()).scan(line);
    EXPECT_EQ(used.scan(line), is_taken) << line;  // whatever came before
    if (!is_taken) continue;
    ++taken;
    ASSERT_EQ(walker.walk(line), std::nullopt) << line;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const RawField& fast = used.slots()[i];
      EXPECT_EQ(fast.type, walker.slots()[i].type) << line << " " << keys[i];
      EXPECT_TRUE(fast.type == RawType::absent || fast.text == walker.slots()[i].text) << line;
    }
  }
  EXPECT_EQ(taken, 9);
}

}  // namespace
}  // namespace tickerhouse::formats

#include <gtest/gtest.h>

#include "tests/formats/decode_support.h"

namespace tickerhouse::formats {
namespace {

std::string problems_of(const MappingText& text) {
  Mapping mapping;
  std::string all;
  for (const std::string& problem : compile_mapping(text, mapping)) all.append(problem).append("\n");
  return all;
}

TEST(MappingFile, TheExampleOfTheManual) {
  MappingText text;
  text.format = "json";
  text.prefix = "ns";
  text.ts_unit = "ms";
  text.where = {"data.e = trade"};
  text.fields = {{"symbol", "data.s"}, {"ts", "data.T"},   {"ts_recv", "@prefix"},
                 {"price", "data.p"},  {"size", "data.q"}, {"trade_id", "data.t"}};
  const auto decoder = make_json_decoder(mapping_of(text));
  EXPECT_EQ(
      decoded(
          *decoder,
          R"(1000000001 {"stream":"x","data":{"e":"trade","s":"BTCUSDT","T":1000,"p":"1.50","q":"2","t":77}})"),
      R"({"symbol":"BTCUSDT","price":1.5,"volume":2,"ts":"1970-01-01T00:00:01Z","ts_epoch_ms":1000,"kind":"trade","trade_id":"77","ts_recv":"1970-01-01T00:00:01.000000001Z"})");
  EXPECT_EQ(decoded(*decoder, R"(1 {"data":{"e":"depth"}})"), "skipped");
  EXPECT_EQ(decoded(*decoder, R"(1 {"data":7})"), "skipped");
  EXPECT_EQ(decoded(*decoder, R"(1 {"data":{"e":"trade"}})"), "missing_symbol");
  for (const char* bad : {R"({"data":{"e":"depth"}})", R"(x {"data":{"e":"depth"}})", R"(1{"data":1})",
                          R"(1  {"data":1)", R"(1 {"data":{"e":"depth"})", "1 ", "1"})
    EXPECT_EQ(decoded(*decoder, bad), "bad_json") << bad;
}

TEST(MappingFile, ConditionsCompareText) {
  const auto holds = [](const std::string& condition, const std::string& fields) {
    MappingText text;
    text.where = {condition};
    return decoded(*make_json_decoder(mapping_of(text)),
                   R"({"symbol":"A","price":1,"ts_epoch_ms":0,)" + fields + "}") != "skipped";
  };
  EXPECT_TRUE(holds("x = a", R"("x":"a")"));
  EXPECT_TRUE(holds("x = a", R"("x":"\u0061")"));
  EXPECT_TRUE(holds("x=4", R"("x":4)"));
  EXPECT_FALSE(holds("x = 4", R"("x":4.0)"));
  EXPECT_TRUE(holds("x = true", R"("x":true)"));
  EXPECT_TRUE(holds("x.y = false", R"("x":{"y":false})"));
  EXPECT_FALSE(holds("x = a", R"("y":"a")"));
  EXPECT_TRUE(holds("x != a", R"("y":"a")"));
  EXPECT_TRUE(holds("x != a", R"("x":null)"));
  EXPECT_TRUE(holds("x != a", R"("x":["a"])"));
  EXPECT_FALSE(holds("x != a", R"("x":"a")"));
  EXPECT_TRUE(holds("x in a, b", R"("x":"b")"));
  EXPECT_FALSE(holds("x in a,b", R"("x":"c")"));
}

TEST(MappingFile, UnitsAndFactors) {
  MappingText text;
  text.ts_unit = "seconds_of_day";
  text.date = "2012-06-21";
  text.symbol = "AMZN";
  text.header = false;
  text.fields = {{"ts", "$1"}, {"price", "$2*1e-4"}, {"size", "$3*100"}};
  const auto decoder = make_csv_decoder(mapping_of(text));
  decoder->prime("34200.25,2238200,1");
  EXPECT_EQ(
      decoded(*decoder, "34200.25,2238200,1"),
      R"({"symbol":"AMZN","price":223.82,"volume":100,"ts":"2012-06-21T09:30:00.25Z","ts_epoch_ms":1340271000250,"kind":"trade"})");
  EXPECT_EQ(decoded(*decoder, "86400,1,1"), "bad_time");
  EXPECT_EQ(decoded(*decoder, "86399.9999999999,1,1").find("bad"), std::string::npos);
}

TEST(MappingFile, AllMistakesAreNamed) {
  MappingText text;
  text.format = "xml";
  text.delimiter = ";;";
  text.symbol = "A B";
  text.prefix = "ms";
  text.ts_unit = "minutes";
  text.ts_recv_unit = "seconds_of_day";
  text.where = {"x", "= 5"};
  text.fields = {{"colour", "x"}, {"venue", "x*2"},  {"price", "x*-1"}, {"size", "x*0"},    {"bid", ""},
                 {"ask", "$0"},   {"ts", "@prefix"}, {"symbol", "s"},   {"open", "o*1e-31"}};
  const std::string problems = problems_of(text);
  for (const char* part :
       {"format: \"xml\"", "delimiter", "\"A B\"", "prefix: \"ms\"", "ts_unit: \"minutes\"",
        "seconds_of_day needs a date", "\"x\" is not PLACE", "\"= 5\" is not PLACE", "\"colour\"",
        "venue: only prices", "price: the factor", "size: the factor", "bid: ", "ask: ", "@prefix needs",
        "symbol is given twice", "open: the factor"})
    EXPECT_NE(problems.find(part), std::string::npos) << part << " in\n" << problems;
  MappingText many;
  many.where.assign(21, "x = 1");
  EXPECT_NE(problems_of(many).find("at most 20"), std::string::npos);
  MappingText csv;
  csv.format = "csv";
  csv.prefix = "s";
  EXPECT_NE(problems_of(csv).find("prefix needs"), std::string::npos);
  EXPECT_EQ(problems_of(MappingText()), "");
}

TEST(MappingFile, AsManyConditionsAsAllowedAreWalked) {
  MappingText text;
  text.where.assign(20, "x = 1");
  for (std::size_t i = 0; i < kFields; ++i) {
    EXPECT_EQ(decoded(*make_json_decoder(mapping_of(text)), R"({"x":2})"), "skipped");
    text.fields[std::string(field_name(static_cast<Field>(i)))] = "a.b";
  }
}

}  // namespace
}  // namespace tickerhouse::formats

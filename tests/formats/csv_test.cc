#include <gtest/gtest.h>

#include "tests/formats/decode_support.h"

namespace tickerhouse::formats {
namespace {

class Csv {
 public:
  explicit Csv(const std::string& header, const MappingText& text = {})
      : decoder_(make_csv_decoder(mapping_of(text))) {
    primed = decoder_->prime(header);
  }
  std::string line(std::string_view text) { return decoded(*decoder_, text); }
  std::vector<std::string> problems() { return decoder_->problems(); }
  LineDecoder::Primed primed;

 private:
  std::unique_ptr<LineDecoder> decoder_;
};

constexpr const char* kTrade =
    R"({"symbol":"A","price":1.5,"volume":2,"ts":"1970-01-01T00:00:01Z","ts_epoch_ms":1000,"kind":"trade"})";

TEST(CsvLines, ColumnsByTheNamesOfTheHeader) {
  Csv csv("volume,other,symbol,ts_epoch_ms,price");
  EXPECT_EQ(csv.primed, LineDecoder::Primed::header);
  EXPECT_EQ(csv.line("2,x,A,1000,1.5"), kTrade);
  EXPECT_EQ(csv.line(" \t"), "");
  EXPECT_EQ(
      csv.line(",x,A,1000,1.5"),
      R"({"symbol":"A","price":1.5,"volume":null,"ts":"1970-01-01T00:00:01Z","ts_epoch_ms":1000,"kind":"trade"})");
  EXPECT_EQ(csv.line("2,\xff,A,1000,1.5"), kTrade);     // what is not read may hold anything
  EXPECT_EQ(csv.line("2,x,A,1000, 1.5"), "bad_price");  // spaces belong to the field
  EXPECT_EQ(csv.line("2,x, A,1000,1.5"), "bad_symbol");
  EXPECT_EQ(csv.line("2,x,A,,1.5"), "missing_time");
  EXPECT_EQ(csv.line("2,x,A,1000,\"\""), "missing_price");  // an empty field is absent, quoted or not
}

TEST(CsvLines, Quoting) {
  Csv csv("symbol,price,volume,ts_epoch_ms,trade_id");
  EXPECT_EQ(
      csv.line(R"("A","1.5","2","1000","a,""b""")"),
      R"({"symbol":"A","price":1.5,"volume":2,"ts":"1970-01-01T00:00:01Z","ts_epoch_ms":1000,"kind":"trade","trade_id":"a,\"b\""})");
  for (const char* bad :
       {R"(A,1.5,2,1000)", R"(A,1.5,2,1000,a,b)", R"(A,1.5,2,1000,"a)", R"(A,1.5,2,1000,"a"b)",
        R"(A,1.5,2,1000,a"b)", R"(A,1.5,2,1000,a"b")", R"(A,1.5,2,1000,""")", R"(A,1.5,2,1000, "a")"})
    EXPECT_EQ(csv.line(bad), "bad_csv") << bad;
  EXPECT_EQ(csv.line("A,1.5,2,1000,\xff"), "bad_field");
  EXPECT_EQ(csv.line("A,1.5,2,1000,"), kTrade);
}

TEST(CsvLines, WithoutAHeader) {
  MappingText text;
  text.header = false;
  text.delimiter = ";";
  text.fields = {
      {"symbol", "$1"}, {"price", "$2*0.5"}, {"volume", "$3"}, {"ts_epoch_ms", "$4"}, {"venue", "$9"}};
  Csv csv("A;3;2;1000", text);
  EXPECT_EQ(csv.primed, LineDecoder::Primed::ready);
  EXPECT_EQ(csv.line("A;3;2;1000"), kTrade);
  EXPECT_EQ(csv.line("A;3;2"), "bad_csv");
  Csv late("\"", text);
  EXPECT_EQ(late.primed, LineDecoder::Primed::more);
}

TEST(CsvLines, MistakesOfTheHeader) {
  MappingText text;
  text.fields = {{"symbol", "Sym"}, {"price", "Last"}, {"volume", "$99"}};
  text.where = {"Kind = T"};
  EXPECT_EQ(
      Csv("Sym,Price", text).problems(),
      (std::vector<std::string>{"the header has no column \"Last\"", "the header has no column \"Kind\""}));
  EXPECT_EQ(Csv(" ").primed, LineDecoder::Primed::more);
  EXPECT_EQ(Csv("symbol,symbol,price,ts_epoch_ms").line("A,B,1,0").substr(0, 13),
            R"({"symbol":"A")");  // the first of two
}

TEST(CsvLines, Conditions) {
  MappingText text;
  text.where = {"kind2 in T, X", "flag != 1"};
  Csv csv("symbol,price,volume,ts_epoch_ms,kind2,flag", text);
  EXPECT_EQ(csv.line("A,1.5,2,1000,T,"), kTrade);
  EXPECT_EQ(csv.line("A,1.5,2,1000,X,2"), kTrade);
  EXPECT_EQ(csv.line("A,1.5,2,1000,T,1"), "skipped");
  EXPECT_EQ(csv.line("A,1.5,2,1000,,2"), "skipped");
  EXPECT_EQ(csv.line("A,x,2,1000,Y,2"), "skipped");
  EXPECT_EQ(csv.line("A,1.5,2,1000,Y"), "bad_csv");  // cannot be decoded: a reject all the same
}

}  // namespace
}  // namespace tickerhouse::formats

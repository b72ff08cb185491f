// Symbols, where they are placed, ids, and the names that stand in exports.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"
#include "market/symbol.h"

namespace tickerhouse::market {
namespace {

TEST(Symbol, EveryByteIsAllowedOrNotAsThePageSays) {  // docs/semantics.md 1.8
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    const bool allowed =
        byte >= 0x21 && byte <= 0x7E && std::string_view(",\"'\\<>").find(text) == std::string_view::npos;
    EXPECT_EQ(is_valid_symbol(text), allowed) << byte;
    EXPECT_EQ(is_valid_symbol("AB" + text), allowed) << byte;
    EXPECT_EQ(is_valid_symbol(text + "AB"), allowed) << byte;
  }
}

TEST(Symbol, Lengths) {
  EXPECT_FALSE(is_valid_symbol(""));
  EXPECT_TRUE(is_valid_symbol(std::string(32, 'A')));
  EXPECT_FALSE(is_valid_symbol(std::string(33, 'A')));
  EXPECT_FALSE(is_valid_symbol(std::string(1U << 20U, 'A')));
}

TEST(Symbol, ExamplesOfBothKinds) {
  for (const char* good :
       {"AAPL", "BRK.B", "BTC-USD", "BINANCE:BTCUSDT", "ETH/USDT", "^GSPC", "EURUSD=X", "a", "#1", "{}"})
    EXPECT_TRUE(is_valid_symbol(good)) << good;
  for (const char* bad : {"BRK B", " AAPL", "AAPL\n",
                          "\xC3\x9C"
                          "ber",
                          "\xFF\xFE", "\xC0\x80", "A\x7F", "A\tB", "<b>"})
    EXPECT_FALSE(is_valid_symbol(bad)) << bad;
  EXPECT_FALSE(is_valid_symbol(std::string_view("A\0B", 3)));
}

// Where the Java console producer and librdkafka's murmur2_random put these keys in topics of 3, 4 and 12
// partitions, read back from a broker: shared/recipes/kafka/README.md section 4.
TEST(Partition, IsWhereKafkaClientsPutTheKey) {
  struct Place {
    std::string_view key;
    std::uint16_t of_3;
    std::uint16_t of_4;
    std::uint16_t of_12;
  };
  for (const Place& place :
       {Place{"AAPL", 0, 1, 9}, Place{"AMZN", 2, 1, 5}, Place{"BINANCE:BTCUSDT", 0, 0, 0},
        Place{"BRK.B", 0, 3, 3}, Place{"BTC-USD", 0, 1, 9}, Place{"ETH/USDT", 1, 3, 7},
        Place{"GOOG", 0, 1, 9}, Place{"MSFT", 0, 2, 6}, Place{"NVDA", 2, 1, 5}, Place{"a", 1, 0, 4},
        Place{"abc", 0, 3, 3},
        Place{"\xC3\x9C"
              "ber",
              2, 0, 8}}) {
    EXPECT_EQ(partition_of(place.key, 3), place.of_3) << place.key;
    EXPECT_EQ(partition_of(place.key, 4), place.of_4) << place.key;
    EXPECT_EQ(partition_of(place.key, 12), place.of_12) << place.key;
    EXPECT_EQ(partition_of(place.key, 1), 0) << place.key;
  }
}

TEST(Reject, EveryReasonHasTheNameAndTheNumberOfThePage) {  // docs/semantics.md 1.7; the numbers are stored
  const std::map<int, std::string> names = {
      {1, "line_too_long"},    {2, "bad_json"},        {3, "repeated_key"}, {4, "bad_csv"},
      {5, "unsupported_kind"}, {6, "missing_symbol"},  {7, "bad_symbol"},   {8, "missing_price"},
      {9, "bad_price"},        {10, "bad_size"},       {11, "bad_time"},    {12, "missing_time"},
      {13, "bad_field"},       {14, "unknown_symbol"}, {15, "future_time"}, {16, "bad_avro"}};
  ASSERT_EQ(names.size() + 1, kRejectReasons);
  for (const auto& [number, name] : names) EXPECT_EQ(reason_name(static_cast<RejectReason>(number)), name);
  EXPECT_DEATH((void)reason_name(static_cast<RejectReason>(0)), "");
  EXPECT_DEATH((void)reason_name(static_cast<RejectReason>(kRejectReasons)), "");
}

TEST(Bar, QualitiesAreJoinedInOneOrder) {  // docs/semantics.md 5.9
  using namespace quality;
  EXPECT_EQ(quality_names(0), "");
  EXPECT_EQ(quality_names(kLate), "late");
  EXPECT_EQ(quality_names(kOverflow | kCorrected | kLate | kGap | kPartial),
            "partial|gap|late|corrected|overflow");
  EXPECT_EQ(quality_names(kOverflow | kGap), "gap|overflow");
  EXPECT_STREQ(state_name(BarState::final), "final");
  EXPECT_STREQ(state_name(BarState::revised), "revised");
}

TEST(TradeId, ShortOnesStandInTheRow) {
  for (std::size_t length = 1; length <= 256; ++length) {
    EventRow row;
    const std::string id(length, 'x');
    const bool beside = set_trade_id(row, id);
    EXPECT_EQ(beside, length > 16);
    EXPECT_EQ(trade_id(row, beside ? id : ""), id);
    row.flags |= kDayFields;  // what stands beside the row then begins with them
    EXPECT_EQ(trade_id(row, beside ? std::string(sizeof(DayFields), '\1') + id : ""), id);
  }
}

TEST(TradeId, OneIsNeverTakenForAnother) {
  std::set<std::string> seen;
  const std::string nul("a\0", 2);
  for (const std::string& id : {std::string("a"), nul, std::string("a0"), std::string(16, 'a'),
                                std::string(17, 'a'), std::string(16, '\0'), std::string("\0", 1)}) {
    EventRow row;
    set_trade_id(row, id);
    const std::string key(row.trade.id.data(), row.trade.id.size());
    EXPECT_TRUE(seen.insert(key + static_cast<char>(row.flags)).second) << id;
    EXPECT_EQ(trade_id(row, id), id);
  }
  EventRow reused;  // a row that had a long id and gets a short one
  EXPECT_TRUE(set_trade_id(reused, std::string(40, 'y')));
  EXPECT_FALSE(set_trade_id(reused, "z"));
  EXPECT_EQ(trade_id(reused, ""), "z");
  EXPECT_EQ(trade_id(EventRow(), "text"), "");
}

}  // namespace
}  // namespace tickerhouse::market

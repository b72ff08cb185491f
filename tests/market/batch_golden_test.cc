// The bytes of docs/formats/batch.md's example, and the builder that must give exactly them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "market/batch.h"

namespace tickerhouse::market {
namespace {

constexpr base::TsNanos kOpen = 1'767'623'400'000'000'000;  // 2026-01-05T14:30:00Z

EventRow event(EventBatchBuilder& batch, const char* symbol, base::TsNanos ts_event) {
  EventRow row;
  row.ts_event = ts_event;
  row.symbol = batch.strings.intern(symbol);
  row.source = batch.strings.intern("ticks.csv");
  return row;
}

// A trade with a long id, a quote and a watermark.
std::string example() {
  EventBatchBuilder batch;
  EventRow trade = event(batch, "AAPL", kOpen + 250 * base::kMillisecond);
  trade.seq = 7;
  trade.venue = batch.strings.intern("XNAS");
  trade.trade.price = {150'250'000'000};  // 150.25
  trade.trade.size = {100'000'000};       // 100
  const std::string_view id = "trade-0123456789-abcdef";
  EXPECT_TRUE(set_trade_id(trade, id));
  batch.rows.push_back(trade);
  batch.add_text(0, id);

  EventRow quote = event(batch, "BRK.B", kOpen + base::kSecond);
  quote.kind = EventKind::quote;
  quote.ts_recv = kOpen + base::kSecond + 3 * base::kMillisecond;
  quote.quote = {
      .bid = {499'000'000'000}, .ask = {499'500'000'000}, .bid_size = {1'000'000}, .ask_size = {2'000'000}};
  batch.rows.push_back(quote);

  EventRow watermark = event(batch, "AAPL", kOpen);
  watermark.symbol = kNoString;
  watermark.kind = EventKind::watermark;
  watermark.control = {.low = kOpen, .high = 0, .code = StatusCode{}, .unused = {}};
  batch.rows.push_back(watermark);

  std::string bytes;
  batch.seal(bytes, 41);
  return bytes;
}

// 16 bytes a line: offset, then the bytes. A '#' begins a comment.
std::string hex_lines(const std::string& bytes) {
  std::ostringstream out;
  char part[24];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 16 == 0) {
      std::snprintf(part, sizeof part, "%04zx", i);
      out << (i == 0 ? "" : "\n") << part << ' ';
    }
    std::snprintf(part, sizeof part, " %02x", static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
    out << part;
  }
  out << '\n';
  return out.str();
}

std::string without_comments(std::istream& in) {
  std::string text;
  for (std::string line; std::getline(in, line);) {
    line.resize(std::min(line.find('#'), line.size()));
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (!line.empty()) text.append(line).append("\n");
  }
  return text;
}

TEST(BatchGolden, TheExampleHasTheseBytes) {
  std::ifstream golden(TICKERHOUSE_REPOSITORY "/tests/golden/batch_v1.hex");
  ASSERT_TRUE(golden.is_open());
  EXPECT_EQ(hex_lines(example()), without_comments(golden));
}

TEST(BatchGolden, TheBytesReadAsTheExample) {
  std::ifstream golden(TICKERHOUSE_REPOSITORY "/tests/golden/batch_v1.hex");
  std::istringstream lines(without_comments(golden));
  std::string bytes(64, '\0');
  bytes.clear();
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(4));
    for (unsigned byte = 0; words >> std::hex >> byte;) bytes.push_back(static_cast<char>(byte));
  }
  const auto opened = BatchBytes::open(bytes);
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  const EventBatchView batch(*opened);
  ASSERT_EQ(batch.rows().size(), 3U);
  EXPECT_EQ(batch.header().first_sequence, 41U);
  EXPECT_EQ(batch.string(batch.rows()[0].symbol), "AAPL");
  EXPECT_EQ(batch.string(batch.rows()[0].venue), "XNAS");
  EXPECT_EQ(batch.string(batch.rows()[1].symbol), "BRK.B");
  EXPECT_EQ(batch.string(batch.rows()[2].symbol), "");
  EXPECT_EQ(batch.text(0), "trade-0123456789-abcdef");
  EXPECT_EQ(batch.text(1), "");
  EXPECT_EQ(batch.rows()[0].trade.price.units, 150'250'000'000);
  EXPECT_EQ(batch.rows()[1].quote.ask_size.units, 2'000'000);
  EXPECT_EQ(batch.rows()[2].control.low, kOpen);
}

}  // namespace
}  // namespace tickerhouse::market

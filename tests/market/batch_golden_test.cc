// The bytes of docs/formats/batch.md's example, and the builder that must give exactly them.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "market/batch_builder.h"
#include "tests/support/golden_bytes.h"

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

TEST(BatchGolden, TheExampleHasTheseBytes) {
  EXPECT_EQ(tests::as_golden(example()), tests::as_golden(tests::golden_bytes("batch_v1")));
}

TEST(BatchGolden, TheBytesReadAsTheExample) {
  std::string bytes;
  bytes.reserve(1'024);  // as aligned as a batch must be
  bytes = tests::golden_bytes("batch_v1");
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

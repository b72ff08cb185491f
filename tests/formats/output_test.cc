// The bytes of every text format, as docs/semantics.md 6 has them.
#include "formats/output.h"

#include <gtest/gtest.h>

#include <cstring>

#include "formats/cells.h"
#include "formats/reject_output.h"

namespace tickerhouse::formats {
namespace {

constexpr base::TsNanos kStart = 1'767'623'400 * base::kSecond;  // 2026-01-05T14:30:00Z

market::BarRow bar() {
  market::BarRow bar;
  bar.volume = 3'500'000;
  bar.notional = base::pow10_int128(37);
  bar.pct_change = -1'234'567;
  bar.window_start = kStart;
  bar.window_end = kStart + base::kMinute;
  bar.interval = base::kMinute;
  bar.open_time = kStart;
  bar.close_time = kStart + base::kMinute - 1;
  bar.open.units = 1'000'000'000;
  bar.high.units = 1'500'000'000;
  bar.low.units = 1;
  bar.close.units = 10'000'000'000;
  bar.vwap.units = 1'100'000'000;
  bar.price_avg.units = 333'333'333;
  bar.trade_count = 7;
  bar.trade_date = 20'458;
  bar.revision = 2;
  bar.quality = market::quality::kGap | market::quality::kLate;
  bar.state = market::BarState::revised;
  bar.known = market::known::kVolume | market::known::kNotional | market::known::kVwap |
              market::known::kPriceAvg | market::known::kPctChange;
  return bar;
}

TEST(Output, BarsAsCsvAndJson) {
  std::string out(bar_csv_header());
  append_bar_csv(out, "AAPL", bar());
  market::BarRow unknown = bar();
  unknown.known = market::known::kPriceAvg;
  unknown.quality = 0;
  append_bar_csv(out, "AAPL", unknown);
  EXPECT_EQ(out,
            "symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,"
            "price_avg,pct_change,open_time,close_time,trade_date,state,revision,quality\n"
            "AAPL,1m,2026-01-05T14:30:00Z,2026-01-05T14:31:00Z,1,1.5,0.000000001,10,3.5,7,"
            "10000000000000000000000,1.1,0.333333333,-1.234567,2026-01-05T14:30:00Z,2026-01-05T14:30:59."
            "999999999Z,2026-01-05,revised,2,gap|late\n"
            "AAPL,1m,2026-01-05T14:30:00Z,2026-01-05T14:31:00Z,1,1.5,0.000000001,10,,7,,,0.333333333,,2026-"
            "01-05T14:30:00Z,2026-01-05T14:30:59.999999999Z,2026-01-05,revised,2,\n");
  out.clear();
  append_bar_json(out, "AAPL", unknown);
  EXPECT_EQ(
      out,
      R"({"symbol":"AAPL","interval":"1m","window_start":"2026-01-05T14:30:00Z","window_end":"2026-01-05T14:31:00Z","open":1,"high":1.5,"low":0.000000001,"close":10,"volume":null,"trade_count":7,"notional":null,"vwap":null,"price_avg":0.333333333,"pct_change":null,"open_time":"2026-01-05T14:30:00Z","close_time":"2026-01-05T14:30:59.999999999Z","trade_date":"2026-01-05","state":"revised","revision":2,"quality":""})"
      "\n");
}

TEST(Output, EventsAsJsonAndCsv) {
  market::EventRow trade;
  trade.ts_event = kStart + 250'999'999;
  trade.ts_recv = kStart + base::kSecond;
  trade.seq = 0;
  trade.trade.price.units = 150'250'000'000;
  trade.trade.size.units = 0;
  market::set_trade_id(trade, "a,\"b");
  std::string out;
  append_event_json(out, trade, {"A/B", "XNAS", "feed \x01 \\ é", {}});
  trade.flags |= market::kSizeUnknown;
  trade.seq = market::kNoSeq;
  trade.ts_recv = base::kNoTime;
  append_event_json(out, trade, {"A", {}, {}, {}});
  EXPECT_EQ(
      out,
      R"({"symbol":"A/B","price":150.25,"volume":0,"ts":"2026-01-05T14:30:00.250999999Z","ts_epoch_ms":1767623400250,"kind":"trade","trade_id":"a,\"b","venue":"XNAS","seq":0,"ts_recv":"2026-01-05T14:30:01Z","source":"feed \u0001 \\ é"})"
      "\n"
      R"({"symbol":"A","price":150.25,"volume":null,"ts":"2026-01-05T14:30:00.250999999Z","ts_epoch_ms":1767623400250,"kind":"trade","trade_id":"a,\"b"})"
      "\n");
  market::EventRow quote;
  quote.kind = market::EventKind::quote;
  quote.quote = {{1}, {2}, {3}, {4}};
  market::EventRow snapshot;
  snapshot.kind = market::EventKind::snapshot;
  snapshot.flags = market::kSizeUnknown | market::kDayFields;
  snapshot.trade.price.units = 5;
  const market::DayFields day{{0}, {1'000'000'000}, {0}, {2'000'000'000}};
  const std::string text(reinterpret_cast<const char*>(&day), sizeof day);
  out = event_csv_header();
  append_event_csv(out, trade, {"A", {}, {}, {}});
  append_event_csv(out, quote, {"A", {}, "s", {}});
  append_event_csv(out, snapshot, {"A", {}, {}, text});
  EXPECT_EQ(out,
            "symbol,price,volume,bid,ask,bid_size,ask_size,ts,ts_epoch_ms,kind,volume_kind,open,high,low,"
            "prev_close,trade_id,venue,seq,ts_recv,source\n"
            "A,150.25,,,,,,2026-01-05T14:30:00.250999999Z,1767623400250,trade,,,,,,\"a,\"\"b\",,,,\n"
            "A,,,0.000000001,0.000000002,0.000003,0.000004,1970-01-01T00:00:00Z,0,quote,,,,,,,,,,s\n"
            "A,0.000000005,,,,,,1970-01-01T00:00:00Z,0,snapshot,none,,1,,2,,,,,\n");
}

TEST(Output, Rejects) {
  market::RejectRow row;
  row.line = 12;
  row.reason = market::RejectReason::bad_price;
  std::string out(reject_csv_header());
  append_reject_csv(out, row, "a,b.csv", "");
  append_reject_csv(out, row, "f", "M");
  row.item = 3;
  row.ts_recv = kStart;
  append_reject_csv(out, row, "f", "Ma");
  row.reason = market::RejectReason::line_too_long;
  row.raw_length = 5'000'000;
  row.raw_hash = {0x1234, 0xABCD};
  append_reject_csv(out, row, "f", "\xff\x01n");
  EXPECT_EQ(out,
            "reason,source,position,ts_recv,raw_base64\n"
            "bad_price,\"a,b.csv\",12,,\n"
            "bad_price,f,12,,TQ==\n"
            "bad_price,f,12#2,2026-01-05T14:30:00Z,TWE=\n"
            "line_too_long:5000000:000000000000abcd0000000000001234,f,12#2,2026-01-05T14:30:00Z,/wFu\n");
  out.clear();
  append_reject_json(out, row, "f\"", "Man");
  EXPECT_EQ(
      out,
      R"({"reason":"line_too_long:5000000:000000000000abcd0000000000001234","source":"f\"","position":"12#2","ts_recv":"2026-01-05T14:30:00Z","raw_base64":"TWFu"})"
      "\n");
}

TEST(Output, JsonStrings) {
  std::string out;
  append_json_string(out, std::string("\b\f\n\r\t\x1f\0\x7f/", 9));
  EXPECT_EQ(out, std::string("\"\\b\\f\\n\\r\\t\\u001f\\u0000\x7f/\""));
}

}  // namespace
}  // namespace tickerhouse::formats

// What is written as a message is read back as the same row; what is no message of ours is refused.
#include "formats/message.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "formats/avro/avro_rows.h"
#include "formats/output.h"

namespace tickerhouse::formats {
namespace {

std::string text_of(const market::EventBatchBuilder& events) {
  const market::EventRow& row = events.rows.front();
  const auto string = [&events](std::uint16_t index) {
    return index == market::kNoString ? std::string_view() : events.strings.at(index);
  };
  std::string out;
  const EventNames names{string(row.symbol), string(row.venue), string(row.source), events.text(0)};
  if (market::carries_market_data(row.kind)) {
    append_event_json(out, row, names);
  } else {
    append_control_json(out, row, names);
  }
  return out;
}

// As it is written, which the fast reader takes, and with a key of somebody else's, which only the strict one
// passes over.
std::vector<std::string> forms_of(std::string text) {
  text.pop_back();  // the line feed
  return {text, text.substr(0, text.size() - 1) + R"(,"theirs":{"a":[1]}})"};
}

void expect_back(const market::EventBatchBuilder& events, const std::string& text) {
  MessageReader reader;
  market::EventBatchBuilder back;
  RC_ASSERT(reader.read_event(text, back));
  market::EventRow put = events.rows.front();
  market::EventRow got = back.rows.front();
  const auto same = [&](std::uint16_t& left, std::uint16_t& right) {
    RC_ASSERT((left == market::kNoString) == (right == market::kNoString));
    if (left != market::kNoString) RC_ASSERT(events.strings.at(left) == back.strings.at(right));
    left = right = 0;
  };
  same(put.symbol, got.symbol);
  same(put.venue, got.venue);
  same(put.source, got.source);
  RC_ASSERT(events.text(0) == back.text(0));
  RC_ASSERT(std::memcmp(&put, &got, sizeof put) == 0);
}

// A value of one of our schemas of Avro, as the JSON that it means.
std::string meant_by(std::string_view schema, const std::string& value) {
  std::string json;
  RC_ASSERT(AvroSchema::parse(schema).value().append_json(value, json));
  return json;
}

std::string avro_of(const market::EventBatchBuilder& events) {
  const market::EventRow& row = events.rows.front();
  const auto string = [&events](std::uint16_t index) {
    return index == market::kNoString ? std::string_view() : events.strings.at(index);
  };
  AvroRowWriter writer(event_schema());
  std::string value;
  writer.append_event(value, row,
                      {string(row.symbol), string(row.venue), string(row.source), events.text(0)});
  return value;
}

void expect_back(const market::EventBatchBuilder& events) {
  for (const std::string& text : forms_of(text_of(events))) expect_back(events, text);
  expect_back(events, meant_by(event_schema(), avro_of(events)));
}

base::TsNanos some_time() { return *rc::gen::inRange<base::TsNanos>(0, 9'000'000'000'000'000'000); }

// An event as ingest lets it pass.
market::EventBatchBuilder some_event() {
  market::EventBatchBuilder events;
  market::EventRow& row = events.rows.emplace_back();
  row.symbol =
      events.strings.intern(*rc::gen::element<std::string>("AAPL", "BRK.B", "M&M.NS", "BTC/USD", "^VIX"));
  row.source = events.strings.intern(*rc::gen::element<std::string>("feed.jsonl", "a \"b\" \\ c", "é"));
  if (*rc::gen::arbitrary<bool>()) row.venue = events.strings.intern("XNAS");
  row.ts_event = some_time();
  if (*rc::gen::arbitrary<bool>()) row.ts_recv = some_time();
  if (*rc::gen::arbitrary<bool>()) row.seq = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
  const auto price = [] { return market::Price{*rc::gen::inRange<std::int64_t>(1, INT64_MAX)}; };
  const auto size = [] { return market::Size{*rc::gen::inRange<std::int64_t>(0, INT64_MAX)}; };
  row.kind =
      *rc::gen::element(market::EventKind::trade, market::EventKind::quote, market::EventKind::snapshot);
  if (row.kind == market::EventKind::quote) {
    row.quote = {price(), price(), size(), size()};
    if (*rc::gen::arbitrary<bool>()) {
      row.flags |= market::kBidSizeUnknown;
      row.quote.bid_size = {};
    }
    return events;
  }
  row.trade.price = price();
  const bool sized = *rc::gen::arbitrary<bool>();
  if (sized) row.trade.size = size();
  if (!sized) row.flags |= market::kSizeUnknown;
  std::string text;
  if (row.kind == market::EventKind::snapshot) {
    if (sized) row.flags |= market::kVolumeCumulative;
    if (*rc::gen::arbitrary<bool>()) {
      const market::DayFields day{price(), {}, price(), {}};
      row.flags |= market::kDayFields;
      text.assign(reinterpret_cast<const char*>(&day), sizeof day);
    }
  }
  const auto id =
      *rc::gen::element<std::string>("", "1", "16 bytes exactly", "one that is longer than that", "ü\n\"");
  if (!id.empty() && market::set_trade_id(row, id)) text.append(id);
  if (!text.empty()) events.add_text(0, text);
  return events;
}

RC_GTEST_PROP(Message, AnEventComesBackAsItWent, ()) { expect_back(some_event()); }

RC_GTEST_PROP(Message, SoDoesAControlRow, ()) {
  market::EventBatchBuilder events;
  market::EventRow& row = events.rows.emplace_back();
  row.control = {};
  row.source = events.strings.intern("feed");
  row.ts_event = *rc::gen::inRange<base::TsNanos>(-base::kHour, 9'000'000'000'000'000'000);
  if (*rc::gen::arbitrary<bool>()) {
    row.kind = market::EventKind::watermark;
    if (*rc::gen::arbitrary<bool>()) row.flags = market::kDecidedByClock;
  } else {
    row.kind = market::EventKind::status;
    row.control.code = *rc::gen::element(market::StatusCode::finished, market::StatusCode::started,
                                         market::StatusCode::stopped, market::StatusCode::gap,
                                         market::StatusCode::symbol_added);
    if (row.control.code == market::StatusCode::finished) {
      if (*rc::gen::arbitrary<bool>()) row.ts_event = base::kNoTime;
      row.control.low = row.ts_event;
    }
    if (row.control.code == market::StatusCode::gap) {
      row.control.low = *rc::gen::element(base::kNoTime, row.ts_event);
      row.control.high = *rc::gen::element(some_time(), std::numeric_limits<base::TsNanos>::max());
    }
    if (row.control.code == market::StatusCode::symbol_added) {
      row.control.low = row.control.high = row.ts_event;
      row.symbol = events.strings.intern("BRK.B");
    }
  }
  expect_back(events);
}

RC_GTEST_PROP(Message, SoDoesABar, ()) {
  market::BarRow bar;
  const auto price = [] { return market::Price{*rc::gen::inRange<std::int64_t>(1, INT64_MAX)}; };
  const auto wide = [](int digits) {
    return (base::Int128{*rc::gen::arbitrary<std::int64_t>()} << 60) % base::pow10_int128(digits);
  };
  bar.interval = *rc::gen::element(base::kMinute, 5 * base::kMinute, base::kDay, 90 * base::kSecond);
  bar.window_start = some_time();
  bar.window_end = some_time();
  bar.open_time = some_time();
  bar.close_time = some_time();
  bar.open = price();
  bar.high = price();
  bar.low = price();
  bar.close = price();
  bar.trade_count = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
  bar.trade_date = *rc::gen::inRange<std::int32_t>(0, 100'000);
  bar.revision = *rc::gen::arbitrary<std::uint32_t>();
  bar.quality = *rc::gen::inRange<std::uint16_t>(0, 32);
  bar.state =
      *rc::gen::element(market::BarState::final, market::BarState::revised, market::BarState::provisional);
  bar.known = *rc::gen::inRange<std::uint8_t>(0, 32);
  if ((bar.known & market::known::kVolume) != 0) bar.volume = wide(37);
  if ((bar.known & market::known::kNotional) != 0) bar.notional = wide(38);
  if ((bar.known & market::known::kPctChange) != 0) bar.pct_change = wide(38);
  if ((bar.known & market::known::kVwap) != 0) bar.vwap = price();
  if ((bar.known & market::known::kPriceAvg) != 0) bar.price_avg = price();
  std::string text;
  append_bar_json(text, "M&M.NS", bar);
  std::string value;
  AvroRowWriter(bar_schema()).append_bar(value, "M&M.NS", bar);
  std::vector<std::string> forms = forms_of(text);
  forms.push_back(meant_by(bar_schema(), value));
  for (const std::string& form : forms) {
    MessageReader reader;
    market::BatchBuilder<market::BarRow> back;
    RC_ASSERT(reader.read_bar(form, back));
    market::BarRow got = back.rows.front();
    RC_ASSERT(back.strings.at(got.symbol) == "M&M.NS");
    got.symbol = bar.symbol;
    RC_ASSERT(std::memcmp(&bar, &got, sizeof bar) == 0);
  }
}

TEST(Message, OfTwoTimesTheFirstCounts) {
  for (
      const std::string& text : forms_of(
          R"({"symbol":"A","price":1,"volume":1,"ts":"2026-01-05T14:30:00Z","ts_epoch_ms":"x","kind":"trade","source":"a"})"
          "\n")) {
    MessageReader reader;
    market::EventBatchBuilder events;
    ASSERT_TRUE(reader.read_event(text, events)) << text;
    EXPECT_EQ(events.rows.front().ts_event, 1'767'623'400 * base::kSecond);
  }
}

TEST(Message, WhatIsNoMessageOfOursIsRefused) {
  MessageReader reader;
  market::EventBatchBuilder events;
  market::BatchBuilder<market::BarRow> bars;
  for (const char* text :
       {"", "{}", "[1]", "not json", R"({"kind":"watermark"})",
        R"({"kind":"watermark","ts":null,"source":"a"})",
        R"({"kind":"watermark","ts":"1677-09-21T00:12:44Z","source":"a"})",
        R"({"kind":"watermark","ts":"1677-09-21T00:12:43+18:00","source":"a"})",
        R"({"kind":"status","status":"gone","ts":null,"source":"a"})",
        R"({"symbol":"A","price":0,"ts":"2026-01-05T14:30:00Z"})", R"({"symbol":"A","price":1})"})
    EXPECT_FALSE(reader.read_event(text, events)) << text;
  EXPECT_TRUE(events.rows.empty());
  std::string bar;
  append_bar_json(bar, "A", market::BarRow());
  for (const std::string_view column :
       {"\"interval\":\"", "\"state\":\"", "\"window_start\":\"", "\"open\":", "\"revision\":"}) {
    std::string wrong = bar;
    wrong.insert(wrong.find(column) + column.size(), "x");
    EXPECT_FALSE(reader.read_bar(wrong, bars)) << wrong;
  }
  for (const std::string_view column : {"window_start", "window_end", "open_time", "close_time", "symbol"}) {
    std::string wrong = bar;
    wrong.replace(wrong.find(column), 1, "_");
    EXPECT_FALSE(reader.read_bar(wrong, bars)) << wrong;
  }
  EXPECT_TRUE(bars.rows.empty());
}

}  // namespace
}  // namespace tickerhouse::formats

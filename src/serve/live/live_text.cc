#include "serve/live/live_text.h"

#include <algorithm>

#include "formats/output.h"
#include "formats/reject_output.h"
#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

using market::BarRow;

constexpr int kDecimalsMax = 8;

int decimals_of(market::Price price) {
  std::int64_t units = price.units;
  int decimals = market::kPriceScale;
  while (decimals > 0 && units % 10 == 0) {
    units /= 10;
    --decimals;
  }
  return std::min(decimals, kDecimalsMax);
}

// 14:03, 14:03:22; of a window of a day or more its date.
std::string time_text(base::TsNanos ts, base::DurationNanos interval) {
  std::string text;
  base::append_iso_time(text, base::floor_to(ts, base::kSecond));
  if (interval >= base::kDay) return text.substr(0, 10);
  return text.substr(11, ts % base::kMinute == 0 ? 5 : 8);
}

std::string price_text(market::Price price) {
  std::string text;
  base::append_decimal(text, price.units, market::kPriceScale);
  return text;
}

std::string volume_text(const BarRow& row) {
  if ((row.known & market::known::kVolume) == 0) return "unknown";
  std::string text;
  base::append_decimal(text, row.volume, market::kSizeScale);
  return text;
}

std::string bar_name(std::string_view symbol, const BarRow& row) {
  std::string text(symbol);
  return text.append(" ")
      .append(base::format_duration(row.interval))
      .append(" ")
      .append(time_text(row.window_start, row.interval));
}

void put_price(JsonText& json, const char* key, market::Price price) {
  json.key(key).decimal(price.units, market::kPriceScale);
}

void put_change(JsonText& json, market::Price last, market::Price reference) {
  const base::Int128 change = static_cast<base::Int128>(last.units) - reference.units;
  json.key("change").decimal(change, market::kPriceScale).key("change_pct");
  if (reference.units > 0) {
    json.decimal(
        base::divide_half_even(change * base::pow10_int128(market::kPercentScale + 2), reference.units),
        market::kPercentScale);
  } else {
    json.null();
  }
}

void put_known(JsonText& json, const char* key, bool known, base::Int128 value, int scale) {
  json.key(key);
  known ? json.decimal(value, scale) : json.null();
}

// `before`: the window before the day's, if it is known.
void put_day(JsonText& json, const BarRow& day, const BarRow* before, market::Price last) {
  put_change(json, last, before != nullptr ? before->close : day.open);
  json.key("reference").text(before != nullptr ? "previous_close" : "day_open");
  put_price(json, "day_open", day.open);
  put_price(json, "day_high", day.high);
  put_price(json, "day_low", day.low);
  put_known(json, "volume", (day.known & market::known::kVolume) != 0, day.volume, market::kSizeScale);
  json.key("trades").number(static_cast<std::uint64_t>(day.trade_count));
  put_known(json, "vwap", (day.known & market::known::kVwap) != 0, day.vwap.units, market::kPriceScale);
}

}  // namespace

int decimals_of(const BarRow& row) {
  return std::max(
      {decimals_of(row.open), decimals_of(row.high), decimals_of(row.low), decimals_of(row.close)});
}

std::string bar_json(std::string_view symbol, const BarRow& row) {
  std::string text;
  formats::append_bar_json(text, symbol, row);
  return text;
}

std::string revised_text(std::string_view symbol, const std::optional<BarRow>& before, const BarRow& after) {
  std::string text = bar_name(symbol, after).append(" revised: ");
  if (!before) return text.append("close ").append(price_text(after.close));
  if (before->close != after.close)
    return text.append("close ")
        .append(price_text(before->close))
        .append(" → ")
        .append(price_text(after.close));
  return text.append("volume ").append(volume_text(*before)).append(" → ").append(volume_text(after));
}

std::string gap_text(std::string_view symbol, const BarRow& row) {
  return bar_name(symbol, row).append(": events are missing");
}

std::string late_text(std::string_view symbol, const market::EventRow& row) {
  std::string text(symbol);
  text.append(" ").append(time_text(row.ts_event, 0));
  if (row.kind == market::EventKind::quote) return text.append(": a quote came too late");
  return text.append(": a trade at ")
      .append(price_text(row.trade.price))
      .append(" came too late for its bars");
}

std::string rejected_text(std::string_view source, const market::RejectRow& row) {
  std::string text(source);
  return text.append(" line ")
      .append(formats::reject_position(row))
      .append(": ")
      .append(market::reason_name(row.reason));
}

void append_watch_row(std::string& out, const WatchRow& row) {
  JsonText json(out);
  json.begin('{').key("symbol").text(row.symbol);
  if (row.last != nullptr) {
    put_price(json, "last", row.last->close);
    json.key("last_time").time(row.last->close_time);
  } else {
    json.key("last").null().key("last_time").null();
  }
  if (row.last != nullptr && row.day != nullptr) {
    put_day(json, *row.day, row.day_before, row.last->close);
  } else {
    for (const char* key :
         {"change", "change_pct", "reference", "day_open", "day_high", "day_low", "volume", "trades", "vwap"})
      json.key(key).null();
  }
  json.key("decimals").number(static_cast<std::uint64_t>(row.decimals));
  json.key("updated_at").time(row.updated_at).key("health").text(row.health);
}

}  // namespace tickerhouse::serve

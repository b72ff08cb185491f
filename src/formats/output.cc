#include "formats/output.h"

#include <array>
#include <cstring>

#include "formats/cells.h"

namespace tickerhouse::formats {
namespace {

void append_price(std::string& out, market::Price price) {
  base::append_decimal(out, price.units, market::kPriceScale);
}
void append_size(std::string& out, market::Size size) {
  base::append_decimal(out, size.units, market::kSizeScale);
}

constexpr bool kForeign = true;  // text that may need escapes

// A column, as an object in JSON goes on with it: `,"open":` of a number, `,"symbol":"` of text.
struct Key {
  std::string_view json;
  bool foreign = false;
  [[nodiscard]] bool quoted() const { return json.back() == '"'; }
  [[nodiscard]] std::string_view name() const { return json.substr(2, json.size() - (quoted() ? 5 : 4)); }
};

// Calls put(key, write) for each column in order; write(out) appends the bare value, nothing if unknown.
template <typename Put>
void for_each_bar_column(std::string_view symbol, const market::BarRow& bar, Put put) {
  const auto text = [&](const Key& key, std::string_view value) {
    put(key, [value](std::string& out) { out.append(value); });
  };
  const auto time = [&](std::string_view key, base::TsNanos ts) {
    put(Key{key}, [ts](std::string& out) { base::append_iso_time(out, ts); });
  };
  const auto price = [&](std::string_view key, market::Price value) {
    put(Key{key}, [value](std::string& out) { append_price(out, value); });
  };
  const auto known = [&](std::string_view key, std::uint8_t bit, base::Int128 value, int scale) {
    put(Key{key}, [&bar, bit, value, scale](std::string& out) {
      if ((bar.known & bit) != 0) base::append_decimal(out, value, scale);
    });
  };
  text({R"(,"symbol":")", kForeign}, symbol);
  text({R"(,"interval":")"}, base::format_duration(bar.interval));
  time(R"(,"window_start":")", bar.window_start);
  time(R"(,"window_end":")", bar.window_end);
  price(R"(,"open":)", bar.open);
  price(R"(,"high":)", bar.high);
  price(R"(,"low":)", bar.low);
  price(R"(,"close":)", bar.close);
  known(R"(,"volume":)", market::known::kVolume, bar.volume, market::kSizeScale);
  put(Key{R"(,"trade_count":)"}, [&bar](std::string& out) { out.append(std::to_string(bar.trade_count)); });
  known(R"(,"notional":)", market::known::kNotional, bar.notional, market::kNotionalScale);
  known(R"(,"vwap":)", market::known::kVwap, bar.vwap.units, market::kPriceScale);
  known(R"(,"price_avg":)", market::known::kPriceAvg, bar.price_avg.units, market::kPriceScale);
  known(R"(,"pct_change":)", market::known::kPctChange, bar.pct_change, market::kPercentScale);
  time(R"(,"open_time":")", bar.open_time);
  time(R"(,"close_time":")", bar.close_time);
  put(Key{R"(,"trade_date":")"}, [&bar](std::string& out) { base::append_date(out, bar.trade_date); });
  text({R"(,"state":")"}, market::state_name(bar.state));
  put(Key{R"(,"revision":)"}, [&bar](std::string& out) { out.append(std::to_string(bar.revision)); });
  text({R"(,"quality":")"}, market::quality_names(bar.quality));
}

// Likewise for events; columns that do not belong to the kind are put with an empty value.
template <typename Put>
void for_each_event_column(const market::EventRow& row, const EventNames& names, Put put) {
  const bool quote = row.kind == market::EventKind::quote;
  const bool snapshot = row.kind == market::EventKind::snapshot;
  const bool size_known = !quote && (row.flags & market::kSizeUnknown) == 0;
  const auto text = [&](const Key& key, std::string_view value) {
    put(key, [value](std::string& out) { out.append(value); });
  };
  const auto price = [&](std::string_view key, bool there, market::Price value) {
    put(Key{key}, [there, value](std::string& out) {
      if (there) append_price(out, value);
    });
  };
  const auto size = [&](std::string_view key, bool there, market::Size value) {
    put(Key{key}, [there, value](std::string& out) {
      if (there) append_size(out, value);
    });
  };
  const market::Quote q = quote ? row.quote : market::Quote{};
  const market::Trade t = quote ? market::Trade{} : row.trade;
  market::DayFields day;
  if ((row.flags & market::kDayFields) != 0) std::memcpy(&day, names.text.data(), sizeof day);
  text({R"(,"symbol":")", kForeign}, names.symbol);
  price(R"(,"price":)", !quote, t.price);
  size(R"(,"volume":)", size_known, t.size);
  price(R"(,"bid":)", quote, q.bid);
  price(R"(,"ask":)", quote, q.ask);
  size(R"(,"bid_size":)", quote && (row.flags & market::kBidSizeUnknown) == 0, q.bid_size);
  size(R"(,"ask_size":)", quote && (row.flags & market::kAskSizeUnknown) == 0, q.ask_size);
  put(Key{R"(,"ts":")"}, [&row](std::string& out) { base::append_iso_time(out, row.ts_event); });
  put(Key{R"(,"ts_epoch_ms":)"},
      [&row](std::string& out) { out.append(std::to_string(row.ts_event / base::kMillisecond)); });
  text({R"(,"kind":")"}, quote ? "quote" : snapshot ? "snapshot" : "trade");
  text({R"(,"volume_kind":")"}, !snapshot                                      ? ""
                                : (row.flags & market::kVolumeCumulative) != 0 ? "cumulative_day"
                                                                               : "none");
  price(R"(,"open":)", day.open.units != 0, day.open);
  price(R"(,"high":)", day.high.units != 0, day.high);
  price(R"(,"low":)", day.low.units != 0, day.low);
  price(R"(,"prev_close":)", day.prev_close.units != 0, day.prev_close);
  text({R"(,"trade_id":")", kForeign}, quote ? std::string_view() : market::trade_id(row, names.text));
  text({R"(,"venue":")", kForeign}, names.venue);
  put(Key{R"(,"seq":)"}, [&row](std::string& out) {
    if (row.seq != market::kNoSeq) out.append(std::to_string(row.seq));
  });
  put(Key{R"(,"ts_recv":")"}, [&row](std::string& out) {
    if (row.ts_recv != base::kNoTime) base::append_iso_time(out, row.ts_recv);
  });
  text({R"(,"source":")", kForeign}, names.source);
}

}  // namespace

std::string_view bar_csv_header() {
  return "symbol,interval,window_start,window_end,open,high,low,close,volume,trade_count,notional,vwap,price_"
         "avg,pct_change,"
         "open_time,close_time,trade_date,state,revision,quality\n";
}

void append_bar_csv(std::string& out, std::string_view symbol, const market::BarRow& bar) {
  bool first = true;
  for_each_bar_column(symbol, bar, [&](const Key&, const auto& write) {
    if (!first) out.push_back(',');
    first = false;
    write(out);
  });
  out.push_back('\n');
}

void append_bar_json(std::string& out, std::string_view symbol, const market::BarRow& bar) {
  const std::size_t start = out.size();
  for_each_bar_column(symbol, bar, [&](const Key& key, const auto& write) {
    out.append(key.json);
    const std::size_t begin = out.size();
    write(out);
    if (key.quoted()) {
      if (key.foreign) escape_json_from(out, begin);
      out.push_back('"');
    } else if (out.size() == begin) {
      out.append("null");
    }
  });
  out[start] = '{';  // in place of the first comma
  out.append("}\n");
}

void append_event_json(std::string& out, const market::EventRow& row, const EventNames& names) {
  const std::size_t start = out.size();
  const bool trade = row.kind == market::EventKind::trade;
  for_each_event_column(row, names, [&](const Key& key, const auto& write) {
    const std::size_t before = out.size();
    out.append(key.json);
    const std::size_t begin = out.size();
    write(out);
    if (out.size() == begin) {
      if (trade && key.name() == "volume") {
        out.append("null");
      } else {
        out.resize(before);
      }
    } else if (key.quoted()) {
      if (key.foreign) escape_json_from(out, begin);
      out.push_back('"');
    }
  });
  out[start] = '{';
  out.append("}\n");
}

namespace {

const char* status_name(market::StatusCode status) {
  static constexpr std::array<const char*, 8> kNames = {"?",   "finished",     "started",  "stopped",
                                                        "gap", "symbol_added", "rejected", "skipped"};
  const auto code = static_cast<std::size_t>(status);
  return kNames.at(code < kNames.size() ? code : 0);
}

void visit_control(const market::EventRow& row, const EventNames& names, const TakeColumn& take) {
  std::string text;
  const auto time = [&](const char* name, base::TsNanos ts) {
    text.clear();
    if (ts != base::kNoTime) base::append_iso_time(text, ts);
    take(name, text);
  };
  const bool status = row.kind == market::EventKind::status;
  take("kind", status ? "status" : "watermark");
  if (status) take("status", status_name(row.control.code));
  time("ts", row.ts_event);
  if (!status && (row.flags & market::kDecidedByClock) != 0) take("decided_by", "clock");
  if (status && row.control.code == market::StatusCode::gap) {
    time("from", row.control.low);
    time("to", row.control.high);
  }
  if (status && row.control.code == market::StatusCode::symbol_added) take("symbol", names.symbol);
  take("source", names.source);
}

}  // namespace

void visit_bar(std::string_view symbol, const market::BarRow& bar, const TakeColumn& take) {
  std::string text;
  for_each_bar_column(symbol, bar, [&](const Key& key, const auto& write) {
    text.clear();
    write(text);
    take(key.name(), text);
  });
}

void visit_event(const market::EventRow& row, const EventNames& names, const TakeColumn& take) {
  if (!market::carries_market_data(row.kind)) return visit_control(row, names, take);
  std::string text;
  for_each_event_column(row, names, [&](const Key& key, const auto& write) {
    text.clear();
    write(text);
    take(key.name(), text);
  });
}

void append_control_json(std::string& out, const market::EventRow& row, const EventNames& names) {
  const auto time = [&out](const char* name, base::TsNanos ts) {
    out.append(",\"").append(name).append("\":");
    append_json_time(out, ts);
  };
  if (row.kind == market::EventKind::watermark) {
    out.append("{\"kind\":\"watermark\"");
    time("ts", row.ts_event);
    if ((row.flags & market::kDecidedByClock) != 0) out.append(",\"decided_by\":\"clock\"");
  } else {
    out.append("{\"kind\":\"status\",\"status\":\"").append(status_name(row.control.code)).append("\"");
    time("ts", row.ts_event);
    if (row.control.code == market::StatusCode::gap) {
      time("from", row.control.low);
      time("to", row.control.high);
    }
    if (row.control.code == market::StatusCode::symbol_added) {
      out.append(",\"symbol\":");
      append_json_string(out, names.symbol);
    }
  }
  out.append(",\"source\":");
  append_json_string(out, names.source);
  out.append("}\n");
}

std::string_view event_csv_header() {
  return "symbol,price,volume,bid,ask,bid_size,ask_size,ts,ts_epoch_ms,kind,volume_kind,open,high,low,prev_"
         "close,trade_id,venue,seq,"
         "ts_recv,source\n";
}

void append_event_csv(std::string& out, const market::EventRow& row, const EventNames& names) {
  bool first = true;
  std::string value;
  for_each_event_column(row, names, [&](const Key&, const auto& write) {
    if (!first) out.push_back(',');
    first = false;
    value.clear();
    write(value);
    append_csv_cell(out, value);
  });
  out.push_back('\n');
}

}  // namespace tickerhouse::formats

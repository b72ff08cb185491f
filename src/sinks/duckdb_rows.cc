#include "sinks/duckdb_rows.h"

#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "formats/reject_output.h"

namespace tickerhouse::sinks {

using base::Int128;

const std::string_view kBarColumns =
    "symbol VARCHAR NOT NULL, \"interval\" VARCHAR NOT NULL, interval_ns BIGINT NOT NULL, "
    "window_start TIMESTAMP NOT NULL, window_end TIMESTAMP NOT NULL, window_start_ns BIGINT NOT NULL, "
    "window_end_ns BIGINT NOT NULL, "
    "open DECIMAL(19,9) NOT NULL, high DECIMAL(19,9) NOT NULL, low DECIMAL(19,9) NOT NULL, close "
    "DECIMAL(19,9) NOT NULL, "
    "volume DECIMAL(38,6), trade_count BIGINT NOT NULL, notional DECIMAL(38,15), vwap DECIMAL(19,9), "
    "price_avg DECIMAL(19,9), "
    "pct_change DECIMAL(38,6), open_time TIMESTAMP NOT NULL, close_time TIMESTAMP NOT NULL, open_time_ns "
    "BIGINT NOT NULL, "
    "close_time_ns BIGINT NOT NULL, trade_date DATE NOT NULL, state VARCHAR NOT NULL, revision INTEGER NOT "
    "NULL, quality VARCHAR NOT NULL";

const std::string_view kEventColumns =
    "symbol VARCHAR NOT NULL, kind VARCHAR NOT NULL, ts TIMESTAMP NOT NULL, ts_ns BIGINT NOT NULL, price "
    "DECIMAL(19,9), volume DECIMAL(19,6), "
    "bid DECIMAL(19,9), ask DECIMAL(19,9), bid_size DECIMAL(19,6), ask_size DECIMAL(19,6), volume_kind "
    "VARCHAR, open DECIMAL(19,9), "
    "high DECIMAL(19,9), low DECIMAL(19,9), prev_close DECIMAL(19,9), trade_id VARCHAR, venue VARCHAR, seq "
    "BIGINT, ts_recv TIMESTAMP, "
    "ts_recv_ns BIGINT, source VARCHAR NOT NULL";

const std::string_view kRejectColumns =
    "reason VARCHAR NOT NULL, source VARCHAR NOT NULL, position VARCHAR NOT NULL, line BIGINT NOT NULL, item "
    "BIGINT, ts_recv TIMESTAMP, "
    "ts_recv_ns BIGINT, raw_length BIGINT NOT NULL, raw BLOB NOT NULL";

const std::string_view kBarSelect =
    "symbol, interval_ns, window_start_ns, window_end_ns, open, high, low, close, volume, trade_count, "
    "notional, vwap, price_avg, pct_change, "
    "open_time_ns, close_time_ns, trade_date, state, revision, quality";

namespace {

std::int64_t micros(base::TsNanos ts) { return base::floor_to(ts, base::kMicrosecond) / base::kMicrosecond; }

void put_known(DuckdbAppender& out, bool known, Int128 value) {
  if (known) {
    out.put(value);
  } else {
    out.put_null();
  }
}

void put_text(DuckdbAppender& out, std::string_view text) {
  if (text.empty()) {
    out.put_null();
  } else {
    out.put(text);
  }
}

void put_recv(DuckdbAppender& out, base::TsNanos ts) {
  if (ts == base::kNoTime) {
    out.put_null();
    out.put_null();
  } else {
    out.put(micros(ts));
    out.put(ts);
  }
}

// The same for every window of an interval; formatting it anew would be a tenth of the cost of a row.
std::string_view interval_name(base::DurationNanos interval) {
  thread_local base::DurationNanos last = 0;
  thread_local std::string name;
  if (interval != last) {
    name = base::format_duration(interval);
    last = interval;
  }
  return name;
}

base::Error damaged(const char* what) {
  return {base::ErrorCode::damaged, std::string("a bar of the store has an impossible ").append(what), ""};
}

}  // namespace

void put_bar(DuckdbAppender& out, std::string_view symbol, const market::BarRow& bar) {
  const auto known = [&bar](std::uint8_t bit) { return (bar.known & bit) != 0; };
  out.put(symbol);
  out.put(interval_name(bar.interval));
  out.put(bar.interval);
  out.put(micros(bar.window_start));
  out.put(micros(bar.window_end));
  out.put(bar.window_start);
  out.put(bar.window_end);
  for (const market::Price price : {bar.open, bar.high, bar.low, bar.close}) out.put(Int128{price.units});
  put_known(out, known(market::known::kVolume), bar.volume);
  out.put(bar.trade_count);
  put_known(out, known(market::known::kNotional), bar.notional);
  put_known(out, known(market::known::kVwap), bar.vwap.units);
  put_known(out, known(market::known::kPriceAvg), bar.price_avg.units);
  put_known(out, known(market::known::kPctChange), bar.pct_change);
  out.put(micros(bar.open_time));
  out.put(micros(bar.close_time));
  out.put(bar.open_time);
  out.put(bar.close_time);
  out.put(bar.trade_date);
  out.put(std::string_view(market::state_name(bar.state)));
  out.put(static_cast<std::int32_t>(bar.revision));
  out.put(bar.quality == 0 ? std::string_view() : std::string_view(market::quality_names(bar.quality)));
}

void put_event(DuckdbAppender& out, const market::EventRow& row, const formats::EventNames& names) {
  const bool quote = row.kind == market::EventKind::quote;
  const bool snapshot = row.kind == market::EventKind::snapshot;
  const market::Quote q = quote ? row.quote : market::Quote{};
  const market::Trade t = quote ? market::Trade{} : row.trade;
  market::DayFields day;
  const bool has_day = (row.flags & market::kDayFields) != 0 && names.text.size() >= sizeof day;
  if (has_day) std::memcpy(&day, names.text.data(), sizeof day);
  out.put(names.symbol);
  out.put(std::string_view(quote ? "quote" : snapshot ? "snapshot" : "trade"));
  out.put(micros(row.ts_event));
  out.put(row.ts_event);
  put_known(out, !quote, t.price.units);
  put_known(out, !quote && (row.flags & market::kSizeUnknown) == 0, t.size.units);
  put_known(out, quote, q.bid.units);
  put_known(out, quote, q.ask.units);
  put_known(out, quote && (row.flags & market::kBidSizeUnknown) == 0, q.bid_size.units);
  put_known(out, quote && (row.flags & market::kAskSizeUnknown) == 0, q.ask_size.units);
  put_text(out, !snapshot ? "" : (row.flags & market::kVolumeCumulative) != 0 ? "cumulative_day" : "none");
  for (const market::Price price : {day.open, day.high, day.low, day.prev_close})
    put_known(out, price.units != 0, price.units);
  put_text(out, quote ? std::string_view() : market::trade_id(row, names.text));
  put_text(out, names.venue);
  if (row.seq == market::kNoSeq) {
    out.put_null();
  } else {
    out.put(row.seq);
  }
  put_recv(out, row.ts_recv);
  out.put(names.source);
}

void put_reject(DuckdbAppender& out, const market::RejectRow& row, std::string_view source,
                std::string_view raw) {
  out.put(std::string_view(formats::reject_reason(row)));
  out.put(source);
  out.put(std::string_view(formats::reject_position(row)));
  out.put(static_cast<std::int64_t>(row.line));
  if (row.item == 0) {
    out.put_null();
  } else {
    out.put(static_cast<std::int64_t>(row.item - 1));
  }
  put_recv(out, row.ts_recv);
  out.put(static_cast<std::int64_t>(row.raw_length));
  out.put(raw);
}

namespace {

// Reads columns from left to right and remembers what did not fit.
class BarReader {
 public:
  explicit BarReader(const DuckdbRows& rows) : rows_(rows) {}
  std::int64_t int64() { return rows_.int64(column_++); }
  std::int32_t int32() { return rows_.int32(column_++); }
  std::string_view text() { return rows_.text(column_++); }
  market::Price price() { return narrow(rows_.int128(column_++)); }
  Int128 number(std::uint8_t bit, std::uint8_t& known) {
    if (rows_.is_null(column_++)) return 0;
    known = static_cast<std::uint8_t>(known | bit);
    return rows_.int128(column_ - 1);
  }
  market::Price price(std::uint8_t bit, std::uint8_t& known) { return narrow(number(bit, known)); }
  [[nodiscard]] bool fits() const { return fits_; }

 private:
  market::Price narrow(Int128 value) {
    fits_ = fits_ && value >= std::numeric_limits<std::int64_t>::min() &&
            value <= std::numeric_limits<std::int64_t>::max();
    return {static_cast<std::int64_t>(value)};
  }
  const DuckdbRows& rows_;
  std::size_t column_ = 1;
  bool fits_ = true;
};

bool read_state(std::string_view name, market::BarState& state) {
  for (const auto candidate :
       {market::BarState::provisional, market::BarState::final, market::BarState::revised}) {
    state = candidate;
    if (name == market::state_name(candidate)) return true;
  }
  return false;
}

bool read_quality(std::string_view names, std::uint16_t& quality) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find('|'), names.size());
    std::uint16_t bit = market::quality::kPartial;
    while (bit <= market::quality::kOverflow && market::quality_names(bit) != names.substr(0, end))
      bit = static_cast<std::uint16_t>(bit << 1U);
    if (bit > market::quality::kOverflow) return false;
    quality = static_cast<std::uint16_t>(quality | bit);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return true;
}

}  // namespace

base::Result<market::BarRow> read_bar(const DuckdbRows& rows) {
  BarReader in(rows);
  market::BarRow bar;
  bar.interval = in.int64();
  bar.window_start = in.int64();
  bar.window_end = in.int64();
  bar.open = in.price();
  bar.high = in.price();
  bar.low = in.price();
  bar.close = in.price();
  bar.volume = in.number(market::known::kVolume, bar.known);
  bar.trade_count = in.int64();
  bar.notional = in.number(market::known::kNotional, bar.known);
  bar.vwap = in.price(market::known::kVwap, bar.known);
  bar.price_avg = in.price(market::known::kPriceAvg, bar.known);
  bar.pct_change = in.number(market::known::kPctChange, bar.known);
  bar.open_time = in.int64();
  bar.close_time = in.int64();
  bar.trade_date = in.int32();
  if (!read_state(in.text(), bar.state)) return damaged("state");
  bar.revision = static_cast<std::uint32_t>(in.int32());
  if (!read_quality(in.text(), bar.quality)) return damaged("quality");
  if (!in.fits()) return damaged("price");
  return bar;
}

}  // namespace tickerhouse::sinks

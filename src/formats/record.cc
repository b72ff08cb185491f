#include "formats/record.h"

#include <algorithm>
#include <charconv>

#include "formats/utf8.h"
#include "market/symbol.h"

namespace tickerhouse::formats {
namespace {

using market::RejectReason;

// 2262-04-11T00:00:00Z: every window end fits int64.
constexpr base::TsNanos kTimeLimit = 106'751 * base::kDay;
constexpr std::size_t kTradeIdBytesMax = 256;

class Builder {
 public:
  Builder(std::span<const RawField> fields, const ValueRules& rules, Record& record)
      : fields_(fields), rules_(rules), record_(record) {}

  std::optional<RejectReason> run() {
    record_.row = market::EventRow();
    record_.venue = record_.long_id = {};
    record_.day = {};
    record_.rounded = false;
    if (!read_kind()) return RejectReason::unsupported_kind;
    if (const auto fault = read_symbol()) return fault;
    if (const auto fault = record_.row.kind == market::EventKind::quote ? read_quote() : read_trade())
      return fault;
    if (const auto fault = read_times()) return fault;
    if (!read_others()) return RejectReason::bad_field;
    return std::nullopt;
  }

 private:
  [[nodiscard]] const RawField& at(Field field) const { return fields_[static_cast<std::size_t>(field)]; }
  [[nodiscard]] bool has(Field field) const { return at(field).type != RawType::absent; }

  bool read_kind() {
    const RawField& kind = at(Field::kind);
    if (kind.type == RawType::absent) return true;
    if (kind.type != RawType::text && kind.type != RawType::cell) return false;
    if (kind.text == "quote") record_.row.kind = market::EventKind::quote;
    if (kind.text == "snapshot") record_.row.kind = market::EventKind::snapshot;
    return record_.row.kind != market::EventKind::trade || kind.text == "trade";
  }

  std::optional<RejectReason> read_symbol() {
    const RawField& symbol = at(Field::symbol);
    if (symbol.type == RawType::absent) return RejectReason::missing_symbol;
    if (symbol.type != RawType::text && symbol.type != RawType::cell) return RejectReason::bad_symbol;
    if (!market::is_valid_symbol(symbol.text)) return RejectReason::bad_symbol;
    record_.symbol = symbol.text;
    return std::nullopt;
  }

  // A scaled number from a number, a number in quotes or a cell; false if it is none or does not fit.
  bool read_scaled(Field field, int scale, std::int64_t& value) {
    const RawField& raw = at(field);
    if (raw.type == RawType::other || raw.type == RawType::absent) return false;
    const base::DecimalFactor factor = rules_.factors[static_cast<std::size_t>(field)];
    const bool plain = factor.mantissa == 1 && factor.exponent == 0;
    const base::Decimal decimal =
        plain ? base::parse_decimal(raw.text, scale) : base::parse_decimal_scaled(raw.text, scale, factor);
    if (decimal.state == base::DecimalState::malformed || decimal.state == base::DecimalState::overflow)
      return false;
    record_.rounded = record_.rounded || decimal.state == base::DecimalState::rounded;
    value = decimal.value;
    return true;
  }

  std::optional<RejectReason> read_trade() {
    market::Trade& trade = record_.row.trade;
    if (!has(Field::price)) return RejectReason::missing_price;
    if (!read_scaled(Field::price, market::kPriceScale, trade.price.units) || trade.price.units <= 0)
      return RejectReason::bad_price;
    bool known = false;
    for (const Field field : {Field::size, Field::volume}) {  // volume wins
      if (!has(field)) continue;
      if (!read_scaled(field, market::kSizeScale, trade.size.units) || trade.size.units < 0)
        return RejectReason::bad_size;
      known = true;
    }
    if (!known) record_.row.flags |= market::kSizeUnknown;
    return std::nullopt;
  }

  std::optional<RejectReason> read_quote() {
    market::Quote& quote = record_.row.quote;
    quote = {};
    const std::array<std::pair<Field, market::Price*>, 2> prices = {
        {{Field::bid, &quote.bid}, {Field::ask, &quote.ask}}};
    for (const auto& [field, price] : prices) {
      if (!has(field)) return RejectReason::missing_price;
      if (!read_scaled(field, market::kPriceScale, price->units) || price->units < 0)
        return RejectReason::bad_price;
    }
    struct Side {
      Field field;
      market::Size* size;
      std::uint8_t unknown;
    };
    for (const auto& [field, size, unknown] :
         {Side{Field::bid_size, &quote.bid_size, market::kBidSizeUnknown},
          Side{Field::ask_size, &quote.ask_size, market::kAskSizeUnknown}}) {
      if (!has(field)) {
        record_.row.flags |= unknown;
        continue;
      }
      if (!read_scaled(field, market::kSizeScale, size->units) || size->units < 0)
        return RejectReason::bad_size;
    }
    return std::nullopt;
  }

  static std::optional<base::TsNanos> in_range(std::optional<base::TsNanos> ts) {
    return ts && *ts >= 0 && *ts < kTimeLimit ? ts : std::nullopt;
  }

  // A number of units since 1970, fractions beyond nanoseconds cut. digits: of the unit down to nanoseconds.
  static std::optional<base::TsNanos> read_epoch(std::string_view text, int digits) {
    const base::Decimal decimal = base::parse_decimal_cut(text, digits);
    if (decimal.state == base::DecimalState::malformed || decimal.state == base::DecimalState::overflow)
      return std::nullopt;
    // Below 0, however little, is before 1970; -0 is 0.
    if (text.front() == '-' && (decimal.value != 0 || decimal.state == base::DecimalState::rounded))
      return std::nullopt;
    return in_range(decimal.value);
  }

  std::optional<base::TsNanos> read_iso(std::string_view text) const {
    const auto wall = base::parse_wall_time(text);
    if (!wall) return std::nullopt;
    if (!wall->offset && rules_.to_utc) return in_range(rules_.to_utc(wall->local));
    base::TsNanos utc = 0;
    if (__builtin_sub_overflow(wall->local, wall->offset.value_or(0), &utc)) return std::nullopt;
    return in_range(utc);
  }

  [[nodiscard]] std::optional<base::TsNanos> read_time(const RawField& raw, TimeUnit unit) const {
    const bool textual = raw.type == RawType::text || raw.type == RawType::cell;
    if (unit == TimeUnit::iso) return textual ? read_iso(raw.text) : std::nullopt;
    if (raw.type == RawType::other) return std::nullopt;
    switch (unit) {
      case TimeUnit::seconds:
        return read_epoch(raw.text, 9);
      case TimeUnit::milliseconds:
        return read_epoch(raw.text, 6);
      case TimeUnit::microseconds:
        return read_epoch(raw.text, 3);
      case TimeUnit::nanoseconds:
        return read_epoch(raw.text, 0);
      case TimeUnit::seconds_of_day: {
        const auto of_day = read_epoch(raw.text, 9);
        if (!of_day || *of_day >= base::kDay) return std::nullopt;
        const base::TsNanos local = rules_.base_date * base::kDay + *of_day;
        return in_range(rules_.to_utc ? rules_.to_utc(local) : local);
      }
      case TimeUnit::iso:
        break;
    }
    return std::nullopt;
  }

  // `timestamp`: ISO text, or a number of seconds, of milliseconds from 1e11 on.
  [[nodiscard]] std::optional<base::TsNanos> read_timestamp(const RawField& raw) const {
    if (raw.type == RawType::other) return std::nullopt;
    if (!base::is_json_number(raw.text))
      return raw.type == RawType::number ? std::nullopt : read_iso(raw.text);
    constexpr std::int64_t kSecondsBelow = 100'000'000'000;
    const base::Decimal whole = base::parse_decimal_cut(raw.text, 0);
    if (whole.state == base::DecimalState::overflow) return std::nullopt;
    const bool seconds = whole.value < kSecondsBelow;
    return read_epoch(raw.text, seconds ? 9 : 6);
  }

  std::optional<RejectReason> read_times() {
    bool found = false;
    const auto take = [&](std::optional<base::TsNanos> ts) {
      if (ts && !found) record_.row.ts_event = *ts;
      found = true;
      return ts.has_value();
    };
    if (has(Field::ts) && !take(read_time(at(Field::ts), rules_.ts_unit))) return RejectReason::bad_time;
    if (has(Field::ts_epoch_ms) && !take(read_time(at(Field::ts_epoch_ms), TimeUnit::milliseconds)))
      return RejectReason::bad_time;
    if (has(Field::timestamp) && !take(read_timestamp(at(Field::timestamp)))) return RejectReason::bad_time;
    if (!found) return RejectReason::missing_time;
    return std::nullopt;
  }

  bool read_others() {
    if (record_.row.kind != market::EventKind::quote && has(Field::trade_id) && !read_trade_id())
      return false;
    if (has(Field::venue)) {
      const RawField& venue = at(Field::venue);
      if ((venue.type != RawType::text && venue.type != RawType::cell) ||
          !market::is_valid_symbol(venue.text))
        return false;
      record_.venue = venue.text;
    }
    if (has(Field::seq) && !read_seq()) return false;
    if (has(Field::ts_recv)) {
      const auto ts = read_time(at(Field::ts_recv), rules_.ts_recv_unit);
      if (!ts) return false;
      record_.row.ts_recv = *ts;
    }
    return record_.row.kind != market::EventKind::snapshot || read_day_fields();
  }

  bool read_trade_id() {
    const RawField& id = at(Field::trade_id);
    if (id.type == RawType::other || id.text.empty() || id.text.size() > kTradeIdBytesMax) return false;
    if (id.type == RawType::number && id.text.find_first_of(".eE") != std::string_view::npos) return false;
    if (id.type == RawType::cell && !is_utf8(id.text)) return false;
    if (market::set_trade_id(record_.row, id.text)) record_.long_id = id.text;
    return true;
  }

  bool read_seq() {
    const RawField& seq = at(Field::seq);
    const std::string_view text = seq.text;
    if (seq.type == RawType::other || text.empty() || (text.size() > 1 && text.front() == '0')) return false;
    if (text.front() < '0' || text.front() > '9') return false;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), record_.row.seq);
    return error == std::errc() && end == text.data() + text.size();
  }

  bool read_day_fields() {
    market::EventRow& row = record_.row;
    bool cumulative = false;
    if (has(Field::volume_kind)) {
      const RawField& kind = at(Field::volume_kind);
      if (kind.type != RawType::text && kind.type != RawType::cell) return false;
      cumulative = kind.text == "cumulative_day";
      if (!cumulative && kind.text != "none") return false;
    }
    if (cumulative) {
      row.flags |= market::kVolumeCumulative;
    } else {
      row.flags |= market::kSizeUnknown;
      row.trade.size.units = 0;
    }
    const std::array<std::pair<Field, market::Price*>, 4> prices = {
        {{Field::open, &record_.day.open},
         {Field::high, &record_.day.high},
         {Field::low, &record_.day.low},
         {Field::prev_close, &record_.day.prev_close}}};
    for (const auto& [field, price] : prices) {
      if (!has(field)) continue;
      if (!read_scaled(field, market::kPriceScale, price->units) || price->units <= 0) return false;
      row.flags |= market::kDayFields;
    }
    return true;
  }

  std::span<const RawField> fields_;
  const ValueRules& rules_;
  Record& record_;
};

}  // namespace

void build_record(std::span<const RawField> fields, const ValueRules& rules, Record& record) {
  record.fault = Builder(fields, rules, record).run();
}

market::EventRow& append_event(const Record& record, market::EventBatchBuilder& events) {
  const auto index = static_cast<std::uint32_t>(events.rows.size());
  market::EventRow& row = events.rows.emplace_back(record.row);
  row.symbol = events.strings.intern(record.symbol);
  if (!record.venue.empty()) row.venue = events.strings.intern(record.venue);
  if ((row.flags & market::kDayFields) != 0) {
    std::string text(reinterpret_cast<const char*>(&record.day), sizeof record.day);
    text.append(record.long_id);
    events.add_text(index, text);
  } else if (!record.long_id.empty()) {
    events.add_text(index, record.long_id);
  }
  return row;
}

}  // namespace tickerhouse::formats

#include "formats/message.h"

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/int128.h"
#include "formats/fields.h"
#include "formats/json_scan.h"
#include "formats/json_walk.h"
#include "formats/record.h"

namespace tickerhouse::formats {
namespace {

using market::EventRow;
using market::StatusCode;

// Beside the own fields, in the slots after them.
enum EventExtra : std::size_t { e_source = kFields, e_status, e_from, e_to, e_decided_by, e_count };
constexpr std::array<const char*, e_count - kFields> kEventExtras = {"source", "status", "from", "to",
                                                                     "decided_by"};

enum BarField : std::size_t {
  b_symbol,
  b_interval,
  b_window_start,
  b_window_end,
  b_open,
  b_high,
  b_low,
  b_close,
  b_volume,
  b_trade_count,
  b_notional,
  b_vwap,
  b_price_avg,
  b_pct_change,
  b_open_time,
  b_close_time,
  b_trade_date,
  b_state,
  b_revision,
  b_quality,
  b_count,
};
constexpr std::array<const char*, b_count> kBarFields = {
    "symbol",    "interval",   "window_start", "window_end", "open",     "high",      "low",
    "close",     "volume",     "trade_count",  "notional",   "vwap",     "price_avg", "pct_change",
    "open_time", "close_time", "trade_date",   "state",      "revision", "quality"};

std::vector<std::string> event_keys() {
  std::vector<std::string> keys = own_keys();
  keys.resize(kFields);
  keys.insert(keys.end(), kEventExtras.begin(), kEventExtras.end());
  return keys;
}

// Text in quotes → UTC; null → kNoTime. Times of control rows may lie before 1970 (a watermark behind its
// bound), but not on the first day that nanoseconds reach, whose beginning they do not.
bool read_time(const RawField& field, base::TsNanos& ts) {
  ts = base::kNoTime;
  if (field.type == RawType::absent) return true;
  if (field.type != RawType::text) return false;
  const auto wall = base::parse_wall_time(field.text);
  return wall && !__builtin_sub_overflow(wall->local, wall->offset.value_or(0), &ts) &&
         ts >= base::kNoTime + base::kDay;
}

bool read_known_time(const RawField& field, base::TsNanos& ts) {
  return read_time(field, ts) && ts != base::kNoTime;
}

template <typename Integer>
bool read_whole(const RawField& field, Integer& value) {
  if (field.type != RawType::number) return false;
  const char* const end = field.text.data() + field.text.size();
  const auto [at, error] = std::from_chars(field.text.data(), end, value);
  return error == std::errc() && at == end;
}

bool read_decimal(const RawField& field, int scale, base::Int128& value) {
  const auto parsed =
      field.type == RawType::number ? base::parse_plain_decimal(field.text, scale) : std::nullopt;
  if (parsed) value = *parsed;
  return parsed.has_value();
}

bool read_price(const RawField& field, market::Price& price) {
  base::Int128 units = 0;
  if (!read_decimal(field, market::kPriceScale, units)) return false;
  price.units = static_cast<std::int64_t>(units);
  return price.units == units;
}

std::optional<StatusCode> status_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, StatusCode>, 5> kNames = {
      {{"finished", StatusCode::finished},
       {"started", StatusCode::started},
       {"stopped", StatusCode::stopped},
       {"gap", StatusCode::gap},
       {"symbol_added", StatusCode::symbol_added}}};
  for (const auto& [known, code] : kNames)
    if (name == known) return code;
  return std::nullopt;
}

// A watermark or status row; its strings are not set.
bool read_control(const std::vector<RawField>& slots, EventRow& row) {
  const auto at = [&](Field field) -> const RawField& { return slots[static_cast<std::size_t>(field)]; };
  row.control = {};
  if (!read_time(at(Field::ts), row.ts_event)) return false;
  if (at(Field::kind).text == "watermark") {
    row.kind = market::EventKind::watermark;
    if (row.ts_event == base::kNoTime) return false;
    if (slots[e_decided_by].type != RawType::absent) row.flags = market::kDecidedByClock;
    return true;
  }
  const auto code = status_of(slots[e_status].text);
  if (at(Field::kind).text != "status" || !code) return false;
  row.kind = market::EventKind::status;
  row.control.code = *code;
  // What each code keeps in its two times: market/event.h.
  if (*code == StatusCode::finished) row.control.low = row.ts_event;
  if (*code == StatusCode::symbol_added) row.control.low = row.control.high = row.ts_event;
  return *code != StatusCode::gap ||
         (read_time(slots[e_from], row.control.low) && read_time(slots[e_to], row.control.high));
}

}  // namespace

bool is_control_json(std::string_view json) {
  return json.starts_with(R"({"kind":"watermark",)") || json.starts_with(R"({"kind":"status",)");
}

struct MessageReader::Parts {
  // One shape: most messages have it plainly, the rest is read strictly.
  class Shape {
   public:
    explicit Shape(const std::vector<std::string>& keys) : scanner_(keys), walker_(keys) {}
    // Slots by key, until the next call; null: no such object.
    std::vector<RawField>* read(std::string_view json) {
      if (scanner_.scan(json)) return &scanner_.slots();
      if (walker_.walk(json)) return nullptr;
      walked_ = walker_.slots();
      return &walked_;
    }

   private:
    FlatScanner scanner_;
    JsonWalker walker_;
    std::vector<RawField> walked_;
  };

  Shape events{event_keys()};
  Shape bars{{kBarFields.begin(), kBarFields.end()}};
  ValueRules rules;
  Record record;
};

MessageReader::MessageReader() : parts_(std::make_unique<Parts>()) {}
MessageReader::~MessageReader() = default;

bool MessageReader::read_event(std::string_view json, market::EventBatchBuilder& to) {
  std::vector<RawField>* const read = parts_->events.read(json);
  if (read == nullptr) return false;
  std::vector<RawField>& slots = *read;
  const auto at = [&](Field field) -> RawField& { return slots[static_cast<std::size_t>(field)]; };
  const RawField& source = slots[e_source];
  if (const std::string_view kind = at(Field::kind).text; kind == "watermark" || kind == "status") {
    EventRow row;
    if (!read_control(slots, row) || source.type != RawType::text) return false;
    if (row.control.code == StatusCode::symbol_added && row.kind == market::EventKind::status)
      row.symbol = to.strings.intern(at(Field::symbol).text);
    row.source = to.strings.intern(source.text);
    to.rows.push_back(row);
    return true;
  }
  // For other readers: it says no more than `ts`, which we wrote beside it.
  if (at(Field::ts).type != RawType::absent) at(Field::ts_epoch_ms) = {};
  build_record(slots, parts_->rules, parts_->record);
  if (parts_->record.fault) return false;
  EventRow& row = append_event(parts_->record, to);
  if (source.type == RawType::text) row.source = to.strings.intern(source.text);
  return true;
}

bool MessageReader::read_bar(std::string_view json, market::BatchBuilder<market::BarRow>& to) {
  const std::vector<RawField>* const read = parts_->bars.read(json);
  if (read == nullptr) return false;
  const std::vector<RawField>& slots = *read;
  market::BarRow bar;
  const auto known = [&](BarField field, std::uint8_t bit, int scale, base::Int128& value) {
    if (slots[field].type == RawType::absent) return true;
    bar.known |= bit;
    return read_decimal(slots[field], scale, value);
  };
  base::Int128 vwap = 0;
  base::Int128 price_avg = 0;
  const auto interval = base::parse_duration(slots[b_interval].text);
  const auto date = base::parse_date(slots[b_trade_date].text);
  const auto state = market::state_of(slots[b_state].text);
  const auto quality = market::quality_of(slots[b_quality].text);
  if (slots[b_symbol].type != RawType::text || !interval || !date || !state || !quality) return false;
  if (!read_known_time(slots[b_window_start], bar.window_start) ||
      !read_known_time(slots[b_window_end], bar.window_end) ||
      !read_known_time(slots[b_open_time], bar.open_time) ||
      !read_known_time(slots[b_close_time], bar.close_time))
    return false;
  if (!read_price(slots[b_open], bar.open) || !read_price(slots[b_high], bar.high) ||
      !read_price(slots[b_low], bar.low) || !read_price(slots[b_close], bar.close))
    return false;
  if (!known(b_volume, market::known::kVolume, market::kSizeScale, bar.volume) ||
      !known(b_notional, market::known::kNotional, market::kNotionalScale, bar.notional) ||
      !known(b_vwap, market::known::kVwap, market::kPriceScale, vwap) ||
      !known(b_price_avg, market::known::kPriceAvg, market::kPriceScale, price_avg) ||
      !known(b_pct_change, market::known::kPctChange, market::kPercentScale, bar.pct_change))
    return false;
  if (!read_whole(slots[b_trade_count], bar.trade_count) || !read_whole(slots[b_revision], bar.revision))
    return false;
  bar.interval = *interval;
  bar.trade_date = static_cast<std::int32_t>(*date);
  bar.state = *state;
  bar.quality = *quality;
  bar.vwap.units = static_cast<std::int64_t>(vwap);
  bar.price_avg.units = static_cast<std::int64_t>(price_avg);
  bar.symbol = to.strings.intern(slots[b_symbol].text);
  to.rows.push_back(bar);
  return true;
}

}  // namespace tickerhouse::formats

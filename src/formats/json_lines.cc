// JSON lines → records: our own shape, other vendors' shapes (docs/semantics.md 1.12), or what a mapping
// says.
#include <algorithm>
#include <array>

#include "formats/json_scan.h"
#include "formats/json_walk.h"
#include "formats/mapping.h"

namespace tickerhouse::formats {
namespace {

using market::RejectReason;

// Keys that other vendors use in place of ours; slots after the own fields.
enum Vendor : std::size_t {
  v_type = kFields,
  v_data,
  v_message_kind,
  v_alpaca_symbol,
  v_p,
  v_s,
  v_t,
  v_i,
  v_x,
  v_bp,
  v_bs,
  v_ap,
  v_as,
  v_id,
  v_time,
  v_day_volume,
  v_exchange,
  v_day_high,
  v_day_low,
  v_open_price,
  v_previous_close,
  v_count,
};
constexpr std::array<const char*, v_count - kFields> kVendorKeys = {
    "type", "data",      "T",        "S",       "p",      "s",         "t",
    "i",    "x",         "bp",       "bs",      "ap",     "as",        "id",
    "time", "dayVolume", "exchange", "dayHigh", "dayLow", "openPrice", "previousClose"};
enum Element : std::size_t { e_s, e_p, e_v, e_t };

std::vector<std::vector<std::string>> own_paths() {
  std::vector<std::vector<std::string>> paths;
  for (std::size_t i = 0; i < kFields; ++i) paths.push_back({std::string(field_name(static_cast<Field>(i)))});
  for (const char* key : kVendorKeys) paths.push_back({key});
  return paths;
}

std::vector<std::vector<std::string>> mapped_paths(const Mapping& mapping) {
  std::vector<std::vector<std::string>> paths;
  paths.reserve(mapping.fields.size() + mapping.where.size());
  for (const auto& [field, place] : mapping.fields) paths.push_back(place.path);
  for (const Condition& condition : mapping.where) paths.push_back(condition.place.path);
  return paths;
}

Record& next_record(std::vector<Record>& records) { return records.emplace_back(); }

class JsonDecoder final : public LineDecoder {
 public:
  explicit JsonDecoder(const Mapping& mapping)
      : mapping_(mapping),
        own_(mapping.fields.empty()),
        walker_(own_ ? own_paths_and_where(mapping) : mapped_paths(mapping), own_ ? "data" : "",
                {"s", "p", "v", "t"}) {
    vendor_rules_.ts_unit = TimeUnit::iso;
  }

  Primed prime(std::string_view) override { return Primed::ready; }
  [[nodiscard]] std::vector<std::string> problems() const override { return {}; }
  [[nodiscard]] RejectReason unreadable() const override { return RejectReason::bad_json; }

  LineState decode(std::string_view line, std::vector<Record>& records) override {
    records.clear();
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return LineState::blank;
    RawField prefix;
    if (mapping_.prefix && !take_prefix(line, prefix)) return fail(records, RejectReason::bad_json);
    // Without a symbol other vendors' shapes come into play.
    if (own_ && !mapping_.prefix && mapping_.where.empty() && mapping_.symbol.empty() &&
        scanner_.scan(line) &&
        scanner_.slots()[static_cast<std::size_t>(Field::symbol)].type != RawType::absent) {
      build_record(scanner_.slots(), mapping_.rules, next_record(records));
      return LineState::records;
    }
    if (const auto fault = walker_.walk(line)) return fail(records, *fault);
    if (!conditions_hold(prefix)) return LineState::skipped;
    return own_ ? own_shapes(records) : mapped(prefix, records);
  }

 private:
  static std::vector<std::vector<std::string>> own_paths_and_where(const Mapping& mapping) {
    auto paths = own_paths();
    for (const Condition& condition : mapping.where) paths.push_back(condition.place.path);
    return paths;
  }

  static LineState fail(std::vector<Record>& records, RejectReason reason) {
    next_record(records).fault = reason;
    return LineState::records;
  }

  // A number and one space before the object.
  static bool take_prefix(std::string_view& line, RawField& prefix) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !base::is_json_number(line.substr(0, space))) return false;
    prefix = {RawType::number, line.substr(0, space)};
    line.remove_prefix(space + 1);
    return true;
  }

  [[nodiscard]] bool conditions_hold(const RawField& prefix) const {
    std::size_t slot = own_ ? static_cast<std::size_t>(v_count) : mapping_.fields.size();
    for (const Condition& condition : mapping_.where) {
      const RawField& found = condition.place.kind == Place::Kind::prefix ? prefix : walker_.slots()[slot];
      ++slot;
      if (!holds(condition, found)) return false;
    }
    return true;
  }
  static bool holds(const Condition& condition, const RawField& found) {
    const bool comparable =
        found.type != RawType::absent && (found.type != RawType::other || !found.text.empty());
    const bool equal = comparable && std::find(condition.values.begin(), condition.values.end(),
                                               found.text) != condition.values.end();
    return equal != condition.negated;
  }

  LineState mapped(const RawField& prefix, std::vector<Record>& records) {
    fields_.fill(RawField{});
    std::size_t slot = 0;
    for (const auto& [field, place] : mapping_.fields)
      fields_[static_cast<std::size_t>(field)] =
          place.kind == Place::Kind::prefix ? (++slot, prefix) : walker_.slots()[slot++];
    constant_symbol();
    build_record(fields_, mapping_.rules, next_record(records));
    return LineState::records;
  }
  void constant_symbol() {
    if (!mapping_.symbol.empty()) set(Field::symbol, {RawType::text, mapping_.symbol});
  }
  void set(Field field, RawField value) { fields_[static_cast<std::size_t>(field)] = value; }
  [[nodiscard]] const RawField& slot(std::size_t index) const { return walker_.slots()[index]; }

  LineState own_shapes(std::vector<Record>& records) {
    if (slot(static_cast<std::size_t>(Field::symbol)).type == RawType::absent && mapping_.symbol.empty()) {
      const RawField& type = slot(v_type);
      if (type.type == RawType::text && type.text == "trade" && walker_.has_elements())
        return finnhub(records);
      if (type.type == RawType::text && type.text != "trade" && slot(v_data).type == RawType::absent)
        return LineState::skipped;
      if (slot(v_message_kind).type != RawType::absent) return alpaca(records);
      if (slot(v_id).type != RawType::absent && slot(v_time).type != RawType::absent) return yahoo(records);
    }
    std::copy_n(walker_.slots().begin(), kFields, fields_.begin());
    constant_symbol();
    build_record(fields_, mapping_.rules, next_record(records));
    return LineState::records;
  }

  LineState finnhub(std::vector<Record>& records) {
    if (walker_.element_count() == 0) return LineState::skipped;
    for (std::size_t i = 0; i < walker_.element_count(); ++i) {
      const JsonWalker::Element& element = walker_.element(i);
      Record& record = next_record(records);
      if (element.is_object) {
        fields_.fill(RawField{});
        set(Field::symbol, element.slots[e_s]);
        set(Field::price, element.slots[e_p]);
        set(Field::volume, element.slots[e_v]);
        set(Field::ts_epoch_ms, element.slots[e_t]);
        build_record(fields_, vendor_rules_, record);
      } else {
        record.fault = RejectReason::bad_json;
      }
      record.item = static_cast<std::uint32_t>(i) + 1;
    }
    return LineState::records;
  }

  LineState alpaca(std::vector<Record>& records) {
    const RawField& kind = slot(v_message_kind);
    const bool trade = kind.type == RawType::text && kind.text == "t";
    if (!trade && (kind.type != RawType::text || kind.text != "q"))
      return fail(records, RejectReason::unsupported_kind);
    fields_.fill(RawField{});
    set(Field::symbol, slot(v_alpaca_symbol));
    set(Field::ts, slot(v_t));
    if (trade) {
      set(Field::price, slot(v_p));
      set(Field::volume, slot(v_s));
      set(Field::trade_id, slot(v_i));
      set(Field::venue, slot(v_x));
    } else {
      set(Field::kind, {RawType::text, "quote"});
      set(Field::bid, slot(v_bp));
      set(Field::bid_size, slot(v_bs));
      set(Field::ask, slot(v_ap));
      set(Field::ask_size, slot(v_as));
    }
    build_record(fields_, vendor_rules_, next_record(records));
    return LineState::records;
  }

  LineState yahoo(std::vector<Record>& records) {
    fields_.fill(RawField{});
    set(Field::kind, {RawType::text, "snapshot"});
    set(Field::symbol, slot(v_id));
    set(Field::price, slot(static_cast<std::size_t>(Field::price)));
    set(Field::ts_epoch_ms, slot(v_time));
    set(Field::volume, slot(v_day_volume));
    set(Field::volume_kind, {RawType::text, "cumulative_day"});
    set(Field::venue, slot(v_exchange));
    set(Field::open, slot(v_open_price));
    set(Field::high, slot(v_day_high));
    set(Field::low, slot(v_day_low));
    set(Field::prev_close, slot(v_previous_close));
    build_record(fields_, vendor_rules_, next_record(records));
    return LineState::records;
  }

  Mapping mapping_;
  bool own_;
  JsonWalker walker_;
  RawFields fields_;
  FlatScanner scanner_{own_keys()};
  ValueRules vendor_rules_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_json_decoder(const Mapping& mapping) {
  return std::make_unique<JsonDecoder>(mapping);
}

}  // namespace tickerhouse::formats

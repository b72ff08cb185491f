#include "formats/mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "market/symbol.h"

namespace tickerhouse::formats {
namespace {

constexpr std::size_t kConditionsMax = 20;  // with all our own fields they fit the 64 paths of a walk

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<TimeUnit> unit_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, TimeUnit>, 6> kUnits = {
      {{"iso", TimeUnit::iso},
       {"s", TimeUnit::seconds},
       {"ms", TimeUnit::milliseconds},
       {"us", TimeUnit::microseconds},
       {"ns", TimeUnit::nanoseconds},
       {"seconds_of_day", TimeUnit::seconds_of_day}}};
  for (const auto& [text, unit] : kUnits)
    if (text == name) return unit;
  return std::nullopt;
}

bool takes_factor(Field field) {
  switch (field) {
    case Field::price:
    case Field::volume:
    case Field::size:
    case Field::bid:
    case Field::ask:
    case Field::bid_size:
    case Field::ask_size:
    case Field::open:
    case Field::high:
    case Field::low:
    case Field::prev_close:
      return true;
    default:
      return false;
  }
}

// A JSON number without sign, above 0, at most 18 digits.
std::optional<base::DecimalFactor> factor_of(std::string_view text) {
  if (!base::is_json_number(text) || text.front() == '-') return std::nullopt;
  base::DecimalFactor factor{0, 0};
  std::size_t i = 0;
  bool fraction = false;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    if (factor.mantissa > 100'000'000'000'000'000) return std::nullopt;
    factor.mantissa = factor.mantissa * 10 + (text[i] - '0');
    if (fraction) --factor.exponent;
  }
  if (i < text.size()) {
    std::string_view exponent = text.substr(i + 1);
    if (exponent.front() == '+') exponent.remove_prefix(1);
    int power = 0;
    if (std::from_chars(exponent.data(), exponent.data() + exponent.size(), power).ec != std::errc() ||
        power < -30 || power > 30)
      return std::nullopt;
    factor.exponent += power;
  }
  const bool fits = factor.mantissa > 0 && factor.exponent >= -30 && factor.exponent <= 30;
  return fits ? std::optional(factor) : std::nullopt;
}

class Compiler {
 public:
  Compiler(const MappingText& text, Mapping& mapping) : text_(text), mapping_(mapping) {}

  std::vector<std::string> run() {
    mapping_ = Mapping();
    read_format();
    read_prefix();
    read_symbol();
    read_times();
    for (const auto& [name, expression] : text_.fields) read_field(name, expression);
    for (const std::string& condition : text_.where) read_where(condition);
    if (text_.where.size() > kConditionsMax) complain("where: at most 20 conditions");
    if ((mapping_.format == Format::csv || mapping_.format == Format::avro) && mapping_.prefix)
      complain("prefix needs format = \"json\"");
    if (!mapping_.symbol.empty() && mapping_.fields.contains(Field::symbol))
      complain("symbol is given twice");
    return std::move(problems_);
  }

 private:
  void complain(std::string what) { problems_.push_back(std::move(what)); }

  void read_format() {
    if (text_.format == "json") mapping_.format = Format::json;
    if (text_.format == "csv") mapping_.format = Format::csv;
    if (text_.format == "avro") mapping_.format = Format::avro;
    if (!text_.format.empty() && mapping_.format == Format::by_content)
      complain(std::string("format: \"").append(text_.format).append("\" is none of csv, json and avro"));
    mapping_.header = text_.header.value_or(true);
    if (text_.delimiter.size() > 1 ||
        (text_.delimiter.size() == 1 && (text_.delimiter[0] == '"' || (text_.delimiter[0] & '\x80') != 0)))
      complain("delimiter: must be one ASCII character, not a quote");
    else if (!text_.delimiter.empty())
      mapping_.delimiter = text_.delimiter.front();
  }

  void read_prefix() {
    if (text_.prefix.empty()) return;
    if (text_.prefix == "ns") mapping_.prefix = TimeUnit::nanoseconds;
    if (text_.prefix == "s") mapping_.prefix = TimeUnit::seconds;
    if (!mapping_.prefix)
      complain(std::string("prefix: \"").append(text_.prefix).append("\" is neither ns nor s"));
    if (mapping_.format == Format::by_content) complain("prefix needs format = \"json\"");
  }

  void read_symbol() {
    if (text_.symbol.empty()) return;
    if (!market::is_valid_symbol(text_.symbol))
      complain(std::string("symbol: \"").append(text_.symbol).append("\" is no symbol"));
    mapping_.symbol = text_.symbol;
  }

  void read_times() {
    mapping_.zone = text_.zone;
    for (const auto& [name, text, unit] :
         {std::tuple{"ts_unit", &text_.ts_unit, &mapping_.rules.ts_unit},
          std::tuple{"ts_recv_unit", &text_.ts_recv_unit, &mapping_.rules.ts_recv_unit}}) {
      if (text->empty()) continue;
      const auto found = unit_of(*text);
      if (!found)
        complain(std::string(name).append(": \"").append(*text).append(
            "\" is none of iso, s, ms, us, ns, seconds_of_day"));
      *unit = found.value_or(TimeUnit::iso);
      if (found == TimeUnit::seconds_of_day && text_.date.empty()) complain("seconds_of_day needs a date");
    }
    if (text_.date.empty()) return;
    const auto date = base::parse_date(text_.date);
    if (!date) complain(std::string("date: \"").append(text_.date).append("\" is no date (YYYY-MM-DD)"));
    mapping_.rules.base_date = date.value_or(0);
  }

  std::optional<Place> read_place(std::string_view text) {
    Place place;
    if (text.empty()) return std::nullopt;
    if (text == "@prefix") {
      place.kind = Place::Kind::prefix;
      if (!mapping_.prefix) complain("@prefix needs a prefix");
      return place;
    }
    if (text.front() == '$') {
      const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), place.index);
      if (error != std::errc() || end != text.data() + text.size() || place.index == 0) return std::nullopt;
      place.kind = Place::Kind::column_index;
      --place.index;
      return place;
    }
    place.name = text;
    place.path = split(text, '.');
    return place;
  }

  void read_field(const std::string& name, std::string_view expression) {
    const auto field = field_of(name);
    if (!field) return complain(std::string("fields: \"").append(name).append("\" is no field of ours"));
    const std::size_t star = expression.find('*');
    const auto place = read_place(trim(expression.substr(0, star)));
    if (!place)
      return complain(
          std::string(name).append(": \"").append(expression).append("\" is no column, path or @prefix"));
    if (star != std::string_view::npos) {
      const auto factor = factor_of(trim(expression.substr(star + 1)));
      if (!factor)
        return complain(std::string(name)
                            .append(": the factor in \"")
                            .append(expression)
                            .append("\" is no positive decimal number"));
      if (!takes_factor(*field))
        return complain(std::string(name).append(": only prices and sizes take a factor"));
      mapping_.rules.factors.at(static_cast<std::size_t>(*field)) = *factor;
    }
    if (place->kind == Place::Kind::prefix && mapping_.prefix) {
      if (*field == Field::ts) mapping_.rules.ts_unit = *mapping_.prefix;
      if (*field == Field::ts_recv) mapping_.rules.ts_recv_unit = *mapping_.prefix;
    }
    mapping_.fields[*field] = *place;
  }

  void read_where(std::string_view text) {
    Condition condition;
    std::size_t begin = text.find(" in ");
    std::size_t end = begin == std::string_view::npos ? begin : begin + 4;
    const bool list = begin != std::string_view::npos;
    if (!list) {
      begin = text.find("!=");
      condition.negated = begin != std::string_view::npos;
      if (!condition.negated) begin = text.find('=');
      end = begin + (condition.negated ? 2 : 1);
    }
    const auto place =
        begin == std::string_view::npos ? std::nullopt : read_place(trim(text.substr(0, begin)));
    if (!place)
      return complain(std::string("where: \"")
                          .append(text)
                          .append("\" is not PLACE = VALUE, PLACE != VALUE or PLACE in VALUE,VALUE"));
    condition.place = *place;
    condition.values =
        list ? split(text.substr(end), ',') : std::vector<std::string>{std::string(trim(text.substr(end)))};
    mapping_.where.push_back(std::move(condition));
  }

  const MappingText& text_;
  Mapping& mapping_;
  std::vector<std::string> problems_;
};

}  // namespace

bool MappingText::empty() const {
  return format.empty() && !header && delimiter.empty() && symbol.empty() && zone.empty() && date.empty() &&
         prefix.empty() && ts_unit.empty() && ts_recv_unit.empty() && where.empty() && fields.empty();
}

std::vector<std::string> compile_mapping(const MappingText& text, Mapping& mapping) {
  return Compiler(text, mapping).run();
}

}  // namespace tickerhouse::formats

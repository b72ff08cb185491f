// CSV lines → records: RFC 4180 quoting, one record a line, columns by the names of the header or by number.
#include <algorithm>

#include "formats/mapping.h"

namespace tickerhouse::formats {
namespace {

using market::RejectReason;

class CsvDecoder final : public LineDecoder {
 public:
  explicit CsvDecoder(const Mapping& mapping) : mapping_(mapping) {}

  Primed prime(std::string_view line) override {
    if (is_blank(line)) return Primed::more;
    if (!split(line)) return Primed::more;
    if (mapping_.header) {
      names_.assign(cells_.begin(), cells_.end());
      columns_ = cells_.size();
      find_columns();
      return Primed::header;
    }
    columns_ = mapping_.alone ? 0 : cells_.size();
    find_columns();
    return Primed::ready;
  }
  [[nodiscard]] std::vector<std::string> problems() const override { return problems_; }
  [[nodiscard]] RejectReason unreadable() const override { return RejectReason::bad_csv; }

  LineState decode(std::string_view line, std::vector<Record>& records) override {
    records.clear();
    if (is_blank(line)) return LineState::blank;
    if (!split(line) || (columns_ != 0 && cells_.size() != columns_)) {
      records.emplace_back().fault = RejectReason::bad_csv;
      return LineState::records;
    }
    for (const auto& [condition, column] : conditions_)
      if (!holds(*condition, column)) return LineState::skipped;
    fields_.fill(RawField{});
    for (const auto& [field, column] : columns_of_)
      if (column < cells_.size() && !cells_[column].empty())
        fields_[static_cast<std::size_t>(field)] = {RawType::cell, cells_[column]};
    if (!mapping_.symbol.empty())
      fields_[static_cast<std::size_t>(Field::symbol)] = {RawType::text, mapping_.symbol};
    build_record(fields_, mapping_.rules, records.emplace_back());
    return LineState::records;
  }

 private:
  static constexpr std::size_t kMissing = static_cast<std::size_t>(-1);

  static bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
  }

  // Cuts the line into cells_, unquoting into unquoted_ where needed; false: bad quoting.
  bool split(std::string_view line) {
    cells_.clear();
    unquoted_.clear();
    unquoted_.reserve(line.size());  // so that views into it stay
    for (;;) {
      std::string_view cell;
      if (!line.empty() && line.front() == '"') {
        if (!take_quoted(line, cell)) return false;
      } else {
        const std::size_t end = std::min(line.find(mapping_.delimiter), line.size());
        cell = line.substr(0, end);
        line.remove_prefix(end);
        if (cell.find('"') != std::string_view::npos) return false;
      }
      cells_.push_back(cell);
      if (line.empty()) return true;
      line.remove_prefix(1);
    }
  }

  bool take_quoted(std::string_view& line, std::string_view& cell) {
    const std::size_t begin = unquoted_.size();
    for (std::size_t i = 1; i < line.size(); ++i) {
      if (line[i] != '"') {
        unquoted_.push_back(line[i]);
      } else if (i + 1 < line.size() && line[i + 1] == '"') {
        unquoted_.push_back('"');
        ++i;
      } else {
        line.remove_prefix(i + 1);
        cell = std::string_view(unquoted_).substr(begin);
        return line.empty() || line.front() == mapping_.delimiter;
      }
    }
    return false;
  }

  std::size_t column_of(const Place& place) {
    if (place.kind == Place::Kind::column_index) return place.index;
    const auto found = std::find(names_.begin(), names_.end(), place.name);
    if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
    problems_.push_back(std::string("the header has no column \"").append(place.name).append("\""));
    return kMissing;
  }

  void find_columns() {
    for (const auto& [field, place] : mapping_.fields) columns_of_.emplace_back(field, column_of(place));
    if (mapping_.fields.empty())
      for (std::size_t i = 0; i < names_.size(); ++i) {
        const auto field = field_of(names_[i]);
        const auto same = [&](const auto& known) { return known.first == field; };
        if (field && std::none_of(columns_of_.begin(), columns_of_.end(), same))
          columns_of_.emplace_back(*field, i);
      }
    for (const Condition& condition : mapping_.where)
      conditions_.emplace_back(&condition, column_of(condition.place));
  }

  [[nodiscard]] bool holds(const Condition& condition, std::size_t column) const {
    const std::string_view text = column < cells_.size() ? cells_[column] : std::string_view();
    const bool equal = !text.empty() && std::find(condition.values.begin(), condition.values.end(), text) !=
                                            condition.values.end();
    return equal != condition.negated;
  }

  Mapping mapping_;
  std::size_t columns_ = 0;
  std::vector<std::string> names_;
  std::vector<std::pair<Field, std::size_t>> columns_of_;
  std::vector<std::pair<const Condition*, std::size_t>> conditions_;
  std::vector<std::string> problems_;
  std::vector<std::string_view> cells_;
  std::string unquoted_;
  RawFields fields_;
};

}  // namespace

std::unique_ptr<LineDecoder> make_csv_decoder(const Mapping& mapping) {
  return std::make_unique<CsvDecoder>(mapping);
}

}  // namespace tickerhouse::formats

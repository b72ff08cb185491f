#include "app/mapping_flags.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>
#include <toml++/toml.h>

namespace tickerhouse::app {
namespace {

class FileReader {
 public:
  FileReader(const std::string& path, formats::MappingText& text, std::vector<std::string>& problems)
      : path_(path), text_(text), problems_(problems) {}

  void run() {
    read([this] { return toml::parse_file(path_); });
  }
  void run(const std::string& content) {
    read([&content] { return toml::parse(content); });
  }

 private:
  template <typename Parse>
  void read(const Parse& parse) {
    try {
      const toml::table table = parse();
      for (const auto& [key, node] : table) take(std::string(key.str()), node);
    } catch (const toml::parse_error& error) {
      problems_.push_back(path_ + ":" + std::to_string(error.source().begin.line) + ": " +
                          std::string(error.description()));
    }
  }

  void complain(const toml::node& node, const std::string& what) {
    problems_.push_back(path_ + ":" + std::to_string(node.source().begin.line) + ": " + what);
  }

  void take(const std::string& key, const toml::node& node) {
    const std::map<std::string, std::string*> texts = {
        {"format", &text_.format},   {"delimiter", &text_.delimiter},
        {"symbol", &text_.symbol},   {"zone", &text_.zone},
        {"date", &text_.date},       {"prefix", &text_.prefix},
        {"ts_unit", &text_.ts_unit}, {"ts_recv_unit", &text_.ts_recv_unit}};
    if (const auto found = texts.find(key); found != texts.end()) {
      if (const auto value = scalar(node))
        *found->second = *value;
      else
        complain(node, key + ": expected text");
    } else if (key == "header") {
      if (const auto value = node.value_exact<bool>())
        text_.header = *value;
      else
        complain(node, "header: expected true or false");
    } else if (key == "where") {
      take_where(node);
    } else if (key == "fields") {
      take_fields(node);
    } else {
      complain(node, "unknown key " + key);
    }
  }

  // A TOML date is as good as its text.
  static std::optional<std::string> scalar(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return *text;
    if (const auto date = node.value_exact<toml::date>()) {
      std::ostringstream out;
      out << *date;
      return out.str();
    }
    return std::nullopt;
  }

  void take_where(const toml::node& node) {
    const toml::array* items = node.as_array();
    if (items == nullptr) return complain(node, "where: expected a list of conditions");
    for (const toml::node& item : *items) {
      if (const auto text = item.value_exact<std::string>())
        text_.where.push_back(*text);
      else
        complain(item, "where: expected text");
    }
  }

  void take_fields(const toml::node& node) {
    const toml::table* fields = node.as_table();
    if (fields == nullptr) return complain(node, "fields: expected a table");
    for (const auto& [name, place] : *fields) {
      if (const auto text = place.value_exact<std::string>())
        text_.fields[std::string(name.str())] = *text;
      else
        complain(place, std::string(name.str()) + ": expected text");
    }
  }

  const std::string& path_;
  formats::MappingText& text_;
  std::vector<std::string>& problems_;
};

// What a flag gives replaces what the file gave.
void overlay(const formats::MappingText& flags, formats::MappingText& text) {
  const auto replace = [](const std::string& from, std::string& to) {
    if (!from.empty()) to = from;
  };
  replace(flags.format, text.format);
  replace(flags.delimiter, text.delimiter);
  replace(flags.symbol, text.symbol);
  replace(flags.zone, text.zone);
  replace(flags.date, text.date);
  replace(flags.prefix, text.prefix);
  replace(flags.ts_unit, text.ts_unit);
  replace(flags.ts_recv_unit, text.ts_recv_unit);
  if (flags.header) text.header = flags.header;
  if (!flags.where.empty()) text.where = flags.where;
  for (const auto& [name, place] : flags.fields) text.fields[name] = place;
}

base::Status all_of(const std::vector<std::string>& problems) {
  if (problems.empty()) return {};
  std::string all;
  for (const std::string& problem : problems) all.append(all.empty() ? "" : "\n").append(problem);
  return base::Error{base::ErrorCode::configuration, all, ""};
}

void read_map_flag(std::string_view map, formats::MappingText& text, std::vector<std::string>& problems) {
  while (!map.empty()) {
    const std::size_t end = std::min(map.find(','), map.size());
    const std::string_view item = map.substr(0, end);
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos)
      problems.push_back("--map: expected FIELD=PLACE, not \"" + std::string(item) + "\"");
    else
      text.fields[std::string(item.substr(0, equals))] = std::string(item.substr(equals + 1));
    map.remove_prefix(std::min(map.size(), end + 1));
  }
}

}  // namespace

void add_mapping_flags(CLI::App& command, MappingFlags& flags) {
  const std::string group = "Mapping of foreign files (docs/mapping.md)";
  command.add_option("--mapping", flags.file, "TOML file that says where the fields are")->group(group);
  command.add_option("--map", flags.map, "fields: ts=Time,price=Price*0.0001,size=Volume")->group(group);
  command.add_option("--symbol", flags.text.symbol, "the symbol of every record")->group(group);
  command.add_option("--zone", flags.text.zone, "zone of local times, e.g. America/New_York [UTC]")
      ->group(group);
  command
      .add_option("--format", flags.text.format,
                  "csv, json, or avro for the messages of a topic [by content]")
      ->group(group);
  command.add_option("--delimiter", flags.text.delimiter, "of CSV columns [,]")->group(group);
  command.add_flag("--no-header", flags.no_header, "CSV: the first line is a record")->group(group);
  command.add_option("--date", flags.text.date, "the date of seconds_of_day times")->group(group);
  command.add_option("--prefix", flags.text.prefix, "a number before each JSON object: ns or s")
      ->group(group);
  command.add_option("--ts-unit", flags.text.ts_unit, "iso, s, ms, us, ns or seconds_of_day [iso]")
      ->group(group);
  command.add_option("--ts-recv-unit", flags.text.ts_recv_unit, "likewise, of the receive time [iso]")
      ->group(group);
  command
      .add_option("--where", flags.text.where,
                  "only these lines: 'FIELD = VALUE', '!=' or 'in A,B' (repeats)")
      ->group(group)
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

base::Result<formats::MappingText> read_mapping_text(const MappingFlags& flags) {
  formats::MappingText text;
  std::vector<std::string> problems;
  if (!flags.file.empty()) FileReader(flags.file, text, problems).run();
  formats::MappingText from_flags = flags.text;
  if (flags.no_header) from_flags.header = false;
  read_map_flag(flags.map, from_flags, problems);
  overlay(from_flags, text);
  formats::Mapping unused;
  for (const std::string& problem : formats::compile_mapping(text, unused))
    problems.push_back("mapping: " + problem);
  RETURN_IF_ERROR(all_of(problems));
  return text;
}

base::Result<formats::Mapping> compile_mapping(const formats::MappingText& text) {
  formats::Mapping mapping;
  RETURN_IF_ERROR(all_of(formats::compile_mapping(text, mapping)));
  return mapping;
}

base::Result<formats::Mapping> read_mapping(const MappingFlags& flags) {
  ASSIGN_OR_RETURN(const formats::MappingText text, read_mapping_text(flags));
  return compile_mapping(text);
}

std::string mapping_to_toml(const formats::MappingText& text) {
  toml::table table;
  const auto put = [&table](const char* key, const std::string& value) {
    if (!value.empty()) table.insert(key, value);
  };
  put("format", text.format);
  put("delimiter", text.delimiter);
  put("symbol", text.symbol);
  put("zone", text.zone);
  put("date", text.date);
  put("prefix", text.prefix);
  put("ts_unit", text.ts_unit);
  put("ts_recv_unit", text.ts_recv_unit);
  if (text.header) table.insert("header", *text.header);
  toml::array where;
  for (const std::string& condition : text.where) where.push_back(condition);
  if (!where.empty()) table.insert("where", where);
  toml::table fields;
  for (const auto& [name, place] : text.fields) fields.insert(name, place);
  if (!fields.empty()) table.insert("fields", fields);
  std::ostringstream out;
  out << table;
  return out.str();
}

base::Result<formats::MappingText> mapping_from_toml(const std::string& toml, const std::string& name) {
  formats::MappingText text;
  std::vector<std::string> problems;
  FileReader(name, text, problems).run(toml);
  RETURN_IF_ERROR(all_of(problems));
  return text;
}

}  // namespace tickerhouse::app

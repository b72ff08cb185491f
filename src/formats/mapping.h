// Where the fields of a foreign file are (docs/mapping.md): compiled once from text, used by both decoders.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/fields.h"
#include "formats/record.h"

namespace tickerhouse::formats {

enum class Format : std::uint8_t { by_content, json, csv, avro };

// The text of a mapping, as flags and files give it.
struct MappingText {
  std::string format;
  std::optional<bool> header;
  std::string delimiter;
  std::string symbol;
  std::string zone;
  std::string date;
  std::string prefix;
  std::string ts_unit;
  std::string ts_recv_unit;
  std::vector<std::string> where;
  std::map<std::string, std::string> fields;
  [[nodiscard]] bool empty() const;
};

// A place in a record.
struct Place {
  enum class Kind : std::uint8_t { column_name, column_index, path, prefix } kind = Kind::column_name;
  std::string name;               // of the column
  std::size_t index = 0;          // of the column, from 0
  std::vector<std::string> path;  // of keys
};

struct Condition {
  Place place;
  bool negated = false;
  std::vector<std::string> values;
};

struct Mapping {
  Format format = Format::by_content;
  bool header = true;
  bool alone = false;  // each line stands alone, a message of its own: no header, nor a number of columns
  char delimiter = ',';
  std::string symbol;  // of every record; empty: from the record
  std::string zone;    // empty: UTC. rules.to_utc is set by whoever knows zones
  std::optional<TimeUnit> prefix;
  ValueRules rules;
  std::map<Field, Place> fields;  // empty: our own names, and other vendors' shapes
  std::vector<Condition> where;
};

// All mistakes at once, each a line; empty: `mapping` is complete.
std::vector<std::string> compile_mapping(const MappingText& text, Mapping& mapping);

// The format must be decided. The mapping is copied.
std::unique_ptr<LineDecoder> make_json_decoder(const Mapping& mapping);
std::unique_ptr<LineDecoder> make_csv_decoder(const Mapping& mapping);

}  // namespace tickerhouse::formats

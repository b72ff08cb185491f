// A schema of Apache Avro (https://avro.apache.org/docs/1.11.1/specification/), compiled for reading what was
// written with it. Values become JSON text, so that all that is known about JSON records (names, other
// vendors' shapes, mappings, checks) holds for Avro too:
//
//   record, map      an object          union           the value of its branch, as if there were no union
//   array            an array           enum, uuid      text
//   int, long        digits             decimal         digits with its point, exact
//   float, double    the shortest digits that read back the same; NaN, inf, -inf as text, which no number is
//   timestamp-*      text in UTC, "2026-01-05T14:30:00.25Z"; local-timestamp-*, date: without the Z
//   bytes, fixed     text, a character U+0000 to U+00FF for each byte; time-millis, time-micros: digits
//
// Default values and aliases play no part: a schema reads what was written with itself. References to schemas
// of other subjects are not followed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerhouse::formats {

struct AvroType {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,  // Avro's int
    integer64,
    real,
    real64,
    bytes,
    text,
    record,
    enumeration,
    array,
    map,
    choice,  // Avro's union
    fixed,
  } kind = Kind::null;
  enum class Logical : std::uint8_t {
    none,
    decimal,
    date,
    timestamp_millis,
    timestamp_micros,
    timestamp_nanos,
    local_millis,
    local_micros,
    local_nanos,
  } logical = Logical::none;
  std::size_t size = 0;            // of a fixed, in bytes
  std::size_t scale = 0;           // of a decimal: digits behind the point
  std::vector<std::string> names;  // of a record's fields, of an enum's symbols
  std::vector<const AvroType*>
      types;  // of a record's fields, a union's branches; the items of an array, a map
};

class AvroSchema {
 public:
  // `invalid_argument`: no schema of Avro, or one that refers to others.
  static base::Result<AvroSchema> parse(std::string_view json);

  // Appends the value that `bytes` are as JSON. false: they are not exactly one value of this schema, or
  // its text were longer than 16 MiB; `out` then ends anywhere.
  [[nodiscard]] bool append_json(std::string_view bytes, std::string& out) const;

  [[nodiscard]] const AvroType& root() const { return *root_; }

  // What is found by these names, of records in records; a union of null and one other counts as the other.
  // Null: there is no such field. Of a map every name is a field.
  [[nodiscard]] const AvroType* find(const std::vector<std::string>& path) const;

 private:
  friend class AvroSchemaReader;
  AvroSchema() = default;
  std::vector<std::unique_ptr<AvroType>> types_;  // all of them; they point at each other
  const AvroType* root_ = nullptr;
};

}  // namespace tickerhouse::formats

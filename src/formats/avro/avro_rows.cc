#include "formats/avro/avro_rows.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/int128.h"
#include "base/time.h"

namespace tickerhouse::formats {
namespace {

using Kind = AvroType::Kind;
using Logical = AvroType::Logical;

// Of Avro: small numbers of either sign in few bytes, seven bits each.
void put_long(std::string& out, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63U);
  for (; rest >= 0x80; rest >>= 7U) out.push_back(static_cast<char>(rest | 0x80U));
  out.push_back(static_cast<char>(rest));
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_long(out, static_cast<std::int64_t>(bytes.size()));
  out.append(bytes);
}

// Two's complement, the most significant byte first, no byte more than it takes.
void put_decimal(std::string& out, base::Int128 units) {
  std::string bytes;
  for (bool more = true; more; units >>= 8U) {
    bytes.push_back(static_cast<char>(units & 0xFF));
    const bool sign = (static_cast<std::uint8_t>(bytes.back()) & 0x80U) != 0;
    more = (units >> 8U) != (sign ? -1 : 0);
  }
  std::reverse(bytes.begin(), bytes.end());
  put_bytes(out, bytes);
}

template <typename Value>
const Value& known(const std::optional<Value>& value) {
  CHECK(value.has_value());  // what is written here reads back
  return *value;
}

std::int64_t number_of(const AvroType& type, std::string_view text) {
  if (type.logical == Logical::date) return known(base::parse_date(text));
  if (type.logical == Logical::timestamp_nanos) return known(base::parse_wall_time(text)).local;
  CHECK(type.logical == Logical::none);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

void put(std::string& out, const AvroType& type, std::string_view text) {
  switch (type.kind) {
    case Kind::choice: {
      CHECK(type.types.size() == 2 && type.types[0]->kind == Kind::null);
      put_long(out, text.empty() ? 0 : 1);
      if (!text.empty()) put(out, *type.types[1], text);
      return;
    }
    case Kind::text:
      return put_bytes(out, text);
    case Kind::integer:
    case Kind::integer64:
      return put_long(out, number_of(type, text));
    case Kind::bytes:
      CHECK(type.logical == Logical::decimal);
      return put_decimal(out, known(base::parse_plain_decimal(text, static_cast<int>(type.scale))));
    case Kind::enumeration: {
      const auto found = std::find(type.names.begin(), type.names.end(), text);
      CHECK(found != type.names.end());
      return put_long(out, found - type.names.begin());
    }
    default:
      CHECK(false);  // none of ours
  }
}

}  // namespace

void append_schema_id(std::string& out, std::uint32_t id) {
  out.push_back('\0');
  for (unsigned shift = 32; shift > 0; shift -= 8) out.push_back(static_cast<char>(id >> (shift - 8)));
}

AvroRowWriter::AvroRowWriter(std::string_view schema)
    : schema_(std::move(AvroSchema::parse(schema)).value()), texts_(schema_.root().names.size()) {}

void AvroRowWriter::append_event(std::string& out, const market::EventRow& row, const EventNames& names) {
  visit_event(row, names, [this](std::string_view name, std::string_view text) { take(name, text); });
  write(out);
}

void AvroRowWriter::append_bar(std::string& out, std::string_view symbol, const market::BarRow& bar) {
  visit_bar(symbol, bar, [this](std::string_view name, std::string_view text) { take(name, text); });
  write(out);
}

// What the schema does not have says nothing more: ts_epoch_ms.
void AvroRowWriter::take(std::string_view name, std::string_view text) {
  const std::vector<std::string>& names = schema_.root().names;
  const auto found = std::find(names.begin(), names.end(), name);
  if (found != names.end()) texts_[static_cast<std::size_t>(found - names.begin())].assign(text);
}

void AvroRowWriter::write(std::string& out) {
  const AvroType& record = schema_.root();
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    put(out, *record.types[i], texts_[i]);
    texts_[i].clear();
  }
}

}  // namespace tickerhouse::formats

// Avro's binary encoding → JSON text (the specification's "Binary Encoding"; the table in avro_schema.h).
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/int128.h"
#include "base/time.h"
#include "formats/avro/avro_schema.h"
#include "formats/cells.h"
#include "formats/json_walk.h"

namespace tickerhouse::formats {
namespace {

using Kind = AvroType::Kind;
using Logical = AvroType::Logical;

constexpr std::size_t kJsonBytesMax = 16U << 20U;
constexpr std::size_t kInt128Bytes = 16;

class AvroReader {
 public:
  AvroReader(std::string_view bytes, std::string& out)
      : at_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        out_(out),
        bytes_max_(out.size() + kJsonBytesMax) {}

  [[nodiscard]] bool at_end() const { return at_ == end_; }

  // Each function: false = not a value of that type.
  bool value(const AvroType& type, int depth) {
    if (depth > kJsonDepthMax || out_.size() > bytes_max_) return false;
    switch (type.kind) {
      case Kind::null:
        out_.append("null");
        return true;
      case Kind::boolean:
        return boolean();
      case Kind::integer:
      case Kind::integer64:
        return integer(type);
      case Kind::real:
        return real<float>();
      case Kind::real64:
        return real<double>();
      case Kind::bytes:
      case Kind::text:
      case Kind::fixed:
        return text(type);
      case Kind::record:
        return record(type, depth);
      case Kind::enumeration:
        return enumeration(type);
      case Kind::array:
      case Kind::map:
        return items(type, depth);
      case Kind::choice:
        return choice(type, depth);
    }
    return false;
  }

 private:
  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  // Zigzag, 7 bits a byte, the least first.
  bool varint(std::int64_t& number) {
    std::uint64_t raw = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) return false;
      raw |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) {
        number = static_cast<std::int64_t>(raw >> 1U) ^ -static_cast<std::int64_t>(raw & 1U);
        return true;
      }
    }
    return false;
  }

  bool index(std::size_t count, std::size_t& index) {
    std::int64_t number = 0;
    if (!varint(number) || number < 0 || static_cast<std::uint64_t>(number) >= count) return false;
    index = static_cast<std::size_t>(number);
    return true;
  }

  bool take(std::size_t size, std::string_view& bytes) {
    if (size > left()) return false;
    bytes = {at_, size};
    at_ += size;
    return true;
  }

  bool sized(std::string_view& bytes) {
    std::int64_t size = 0;
    return varint(size) && size >= 0 && take(static_cast<std::size_t>(size), bytes);
  }

  template <typename T>
  void append_number(T number) {
    std::array<char, 32> text{};
    const auto done = std::to_chars(text.data(), text.data() + text.size(), number);
    out_.append(text.data(), done.ptr);
  }

  bool boolean() {
    std::string_view byte;
    if (!take(1, byte) || static_cast<std::uint8_t>(byte[0]) > 1) return false;
    out_.append(byte[0] == 1 ? "true" : "false");
    return true;
  }

  bool integer(const AvroType& type) {
    std::int64_t number = 0;
    if (!varint(number)) return false;
    if (type.kind == Kind::integer && number != static_cast<std::int32_t>(number)) return false;
    if (type.logical == Logical::date) {
      out_.push_back('"');
      base::append_date(out_, number);
      out_.push_back('"');
    } else if (type.logical == Logical::none || !time(type.logical, number)) {
      append_number(number);
    }
    return true;
  }

  // false: beyond the years that nanoseconds reach; its digits are no time to anybody.
  bool time(Logical logical, std::int64_t number) {
    const bool local = logical == Logical::local_millis || logical == Logical::local_micros ||
                       logical == Logical::local_nanos;
    const bool millis = logical == Logical::timestamp_millis || logical == Logical::local_millis;
    const bool nanos = logical == Logical::timestamp_nanos || logical == Logical::local_nanos;
    base::TsNanos ts = 0;
    if (__builtin_mul_overflow(number,
                               millis  ? 1'000'000
                               : nanos ? 1
                                       : 1'000,
                               &ts) ||
        ts < base::kNoTime + base::kDay)  // the first day that nanoseconds reach has no beginning
      return false;
    out_.push_back('"');
    base::append_iso_time(out_, ts);
    if (local) out_.pop_back();  // the Z
    out_.push_back('"');
    return true;
  }

  template <typename T>
  bool real() {
    std::string_view bytes;
    if (!take(sizeof(T), bytes)) return false;
    T number = 0;
    std::memcpy(&number, bytes.data(), sizeof(T));  // little-endian, as here
    if (!std::isfinite(number)) {
      out_.append(std::isnan(number) ? R"("NaN")" : number > 0 ? R"("inf")" : R"("-inf")");
      return true;
    }
    append_number(number);
    return true;
  }

  bool text(const AvroType& type) {
    std::string_view bytes;
    if (type.kind == Kind::fixed ? !take(type.size, bytes) : !sized(bytes)) return false;
    if (type.logical == Logical::decimal) return decimal(bytes, type.scale);
    if (type.kind == Kind::text) {
      append_json_string(out_, bytes);
      return true;
    }
    std::string characters;
    for (const char c : bytes) {
      const auto byte = static_cast<std::uint8_t>(c);
      if (byte >= 0x80) characters.push_back(static_cast<char>(0xC0U | byte >> 6U));
      characters.push_back(byte >= 0x80 ? static_cast<char>(0x80U | (byte & 0x3FU)) : c);
    }
    append_json_string(out_, characters);
    return true;
  }

  // Two's complement, the most significant byte first.
  bool decimal(std::string_view bytes, std::size_t scale) {
    if (bytes.empty()) return false;
    const bool negative = static_cast<std::uint8_t>(bytes[0]) >= 0x80;
    while (bytes.size() > kInt128Bytes) {  // written longer than needed
      if (bytes[0] != (negative ? '\xFF' : '\0')) return false;
      bytes.remove_prefix(1);
    }
    base::Uint128 raw = negative ? ~base::Uint128{0} : 0;
    for (const char c : bytes) raw = raw << 8U | static_cast<std::uint8_t>(c);
    const auto units = static_cast<base::Int128>(raw);
    const base::Int128 most = base::pow10_int128(base::kDecimalDigitsMax);
    if (units >= most || units <= -most || (units < 0) != negative) return false;
    base::append_decimal(out_, units, static_cast<int>(scale));
    return true;
  }

  bool record(const AvroType& type, int depth) {
    out_.push_back('{');
    for (std::size_t i = 0; i < type.types.size(); ++i) {
      if (i > 0) out_.push_back(',');
      append_json_string(out_, type.names[i]);
      out_.push_back(':');
      if (!value(*type.types[i], depth + 1)) return false;
    }
    out_.push_back('}');
    return true;
  }

  bool enumeration(const AvroType& type) {
    std::size_t at = 0;
    if (!index(type.names.size(), at)) return false;
    append_json_string(out_, type.names[at]);
    return true;
  }

  bool choice(const AvroType& type, int depth) {
    std::size_t at = 0;
    return index(type.types.size(), at) && value(*type.types[at], depth + 1);
  }

  // Blocks of so many items, the last one of none; a negative count is followed by the block's size.
  bool items(const AvroType& type, int depth) {
    const bool map = type.kind == Kind::map;
    out_.push_back(map ? '{' : '[');
    bool first = true;
    for (;;) {
      std::int64_t count = 0;
      std::int64_t size = 0;
      if (!varint(count) || (count < 0 && !varint(size))) return false;
      if (count == 0) break;
      if (count == std::numeric_limits<std::int64_t>::min()) return false;
      for (std::int64_t i = count < 0 ? -count : count; i > 0; --i) {
        if (!first) out_.push_back(',');
        first = false;
        std::string_view key;
        if (map && !sized(key)) return false;
        if (map) {
          append_json_string(out_, key);
          out_.push_back(':');
        }
        if (!value(*type.types.front(), depth + 1)) return false;
      }
    }
    out_.push_back(map ? '}' : ']');
    return true;
  }

  const char* at_;
  const char* end_;
  std::string& out_;
  std::size_t bytes_max_;
};

}  // namespace

bool AvroSchema::append_json(std::string_view bytes, std::string& out) const {
  AvroReader reader(bytes, out);
  return reader.value(*root_, 1) && reader.at_end();
}

}  // namespace tickerhouse::formats

#include "formats/json_scan.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace tickerhouse::formats {
namespace {

class Cursor {
 public:
  explicit Cursor(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}
  void blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  [[nodiscard]] char peek() const { return at_ == end_ ? '\0' : *at_; }

  // A string of printable ASCII without escapes, after its opening quote.
  bool plain_string(std::string_view& text) {
    const char* const begin = at_;
    while (end_ - at_ >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at_, sizeof bytes);
      const std::uint64_t ends = not_plain(bytes);
      if (ends == 0) {
        at_ += sizeof bytes;
        continue;
      }
      at_ += std::countr_zero(ends) / 8;
      break;
    }
    while (at_ != end_ && *at_ != '"') {
      if (*at_ < ' ' || *at_ == '\\')
        return false;  // controls, escapes, and (char is signed) everything beyond ASCII
      ++at_;
    }
    if (at_ == end_) return false;
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    ++at_;
    return true;
  }

  // The grammar of JSON numbers without an exponent.
  bool plain_number(std::string_view& text) {
    const char* const begin = at_;
    take('-');
    const char first = peek();
    if (!digits() || (first == '0' && at_ - begin > (*begin == '-' ? 2 : 1))) return false;
    if (take('.') && !digits()) return false;
    text = {begin, static_cast<std::size_t>(at_ - begin)};
    const char next = peek();
    return next == ',' || next == '}' || next == ' ' || next == '\t' || next == '\r';
  }

  bool literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0)
      return false;
    at_ += word.size();
    return true;
  }

 private:
  // The lowest bit set is the top one of the first byte that is no plain character of a string: a quote, a
  // backslash, a control, or beyond ASCII. Bits above it mean nothing.
  static std::uint64_t not_plain(std::uint64_t bytes) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kTops = 0x8080808080808080;
    const auto is = [bytes](char c) {
      const std::uint64_t other = bytes ^ (kOnes * static_cast<unsigned char>(c));
      return (other - kOnes) & ~other;
    };
    const std::uint64_t control = (bytes - kOnes * ' ') & ~bytes;
    return (is('"') | is('\\') | control | bytes) & kTops;
  }
  bool digits() {
    const char* const begin = at_;
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }
  const char* at_;
  const char* end_;
};

// Keys by length, then by bytes: what our own writers use comes first in each length.
int field_index(std::string_view key) {
  const auto is = [key](Field field) { return key == field_name(field) ? static_cast<int>(field) : -1; };
  const auto first_of = [&is](std::initializer_list<Field> fields) {
    for (const Field field : fields)
      if (const int index = is(field); index >= 0) return index;
    return -1;
  };
  switch (key.size()) {
    case 2:
      return is(Field::ts);
    case 3:
      return first_of({Field::seq, Field::bid, Field::ask, Field::low});
    case 4:
      return first_of({Field::kind, Field::size, Field::open, Field::high});
    case 5:
      return first_of({Field::price, Field::venue});
    case 6:
      return first_of({Field::symbol, Field::volume});
    case 7:
      return is(Field::ts_recv);
    case 8:
      return first_of({Field::trade_id, Field::bid_size, Field::ask_size});
    case 9:
      return is(Field::timestamp);
    case 10:
      return first_of({Field::prev_close});
    case 11:
      return first_of({Field::ts_epoch_ms, Field::volume_kind});
    default:
      return -1;
  }
}

// As our own lines have them, with the colon.
const std::array<std::string, kFields + 1>& key_texts() {
  static const std::array<std::string, kFields + 1> kTexts = [] {
    std::array<std::string, kFields + 1> texts;
    for (std::size_t i = 0; i < kFields; ++i)
      texts[i].append("\"").append(field_name(static_cast<Field>(i))).append("\":");
    texts[KeyOrder::kSource] = "\"source\":";
    return texts;
  }();
  return kTexts;
}

// The key and its colon, as an index of a field or kSource; -1: another one, or no key.
int scan_key(Cursor& cursor, std::size_t expected, const std::array<std::string, kFields + 1>& texts) {
  if (cursor.literal(texts[expected])) return static_cast<int>(expected);
  cursor.blanks();
  std::string_view key;
  if (!cursor.take('"') || !cursor.plain_string(key)) return -1;
  cursor.blanks();
  if (!cursor.take(':')) return -1;
  const int index = field_index(key);
  return index < 0 && key == "source" ? static_cast<int>(KeyOrder::kSource) : index;
}

bool scan_value(Cursor& cursor, RawField& field) {
  if (cursor.take('"')) {
    field.type = RawType::text;
    return cursor.plain_string(field.text);
  }
  if (cursor.peek() == 'n') return cursor.literal("null");  // stays absent
  field.type = RawType::number;
  return cursor.plain_number(field.text);
}

}  // namespace

bool scan_own_shape(std::string_view line, RawFields& fields, KeyOrder& order, RawField* source) {
  const auto& texts = key_texts();
  Cursor cursor(line);
  fields.fill(RawField{});
  std::uint32_t seen = 0;
  cursor.blanks();
  if (!cursor.take('{')) return false;
  std::size_t last = KeyOrder::kStart;
  do {
    const int index = scan_key(cursor, order.after(last), texts);
    if (index < 0) return false;
    const auto key = static_cast<std::size_t>(index);
    if (order.after(last) != key) order.note(last, key);
    last = key;
    const std::uint32_t bit = 1U << key;
    if ((seen & bit) != 0) return false;
    seen |= bit;
    RawField ignored;
    RawField& field = key < kFields ? fields[key] : source != nullptr ? *source : ignored;
    cursor.blanks();
    if (!scan_value(cursor, field)) return false;
    cursor.blanks();
  } while (cursor.take(','));
  if (!cursor.take('}')) return false;
  cursor.blanks();
  constexpr std::uint32_t kSymbol = 1U << static_cast<unsigned>(Field::symbol);
  // Without a symbol other vendors' shapes come into play.
  return cursor.at_end() && (seen & kSymbol) != 0 &&
         fields[static_cast<std::size_t>(Field::symbol)].type != RawType::absent;
}

}  // namespace tickerhouse::formats

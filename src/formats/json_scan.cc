#include "formats/json_scan.h"

#include <bit>
#include <cstring>

#include "base/check.h"

namespace tickerhouse::formats {

class FlatScanner::Cursor {
 public:
  explicit Cursor(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}
  void blanks() {
    if (at_ != end_ && static_cast<unsigned char>(*at_) > ' ') return;  // nearly always
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

  bool key(const Key& key) {
    std::array<std::uint64_t, 2> bytes{};
    if (!key.fits || static_cast<std::size_t>(end_ - at_) < sizeof bytes) return literal(key.text);
    std::memcpy(bytes.data(), at_, sizeof bytes);
    if ((((bytes[0] ^ key.words[0]) & key.masks[0]) | ((bytes[1] ^ key.words[1]) & key.masks[1])) != 0)
      return false;
    at_ += key.text.size();
    return true;
  }

  bool value(RawField& field) {
    if (take('"')) {
      field.type = RawType::text;
      return plain_string(field.text);
    }
    if (peek() == 'n') return literal("null");  // stays absent
    field.type = RawType::number;
    return plain_number(field.text);
  }

 private:
  static constexpr std::uint64_t kTops = 0x8080808080808080;
  // The lowest bit set is the top one of the first byte that is no plain character of a string: a quote, a
  // backslash, a control, or beyond ASCII. Bits above it mean nothing.
  static std::uint64_t not_plain(std::uint64_t bytes) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    const auto is = [bytes](char c) {
      const std::uint64_t other = bytes ^ (kOnes * static_cast<unsigned char>(c));
      return (other - kOnes) & ~other;
    };
    const std::uint64_t control = (bytes - kOnes * ' ') & ~bytes;
    return (is('"') | is('\\') | control | bytes) & kTops;
  }
  // Likewise of the first byte that is no digit.
  static std::uint64_t not_digit(std::uint64_t bytes) {
    const std::uint64_t value = bytes ^ 0x3030303030303030;  // of a digit: 0 to 9
    return ((value + 0x7676767676767676) | value) & kTops;
  }
  bool digits() {
    const char* const begin = at_;
    while (end_ - at_ >= 8) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, at_, sizeof bytes);
      const std::uint64_t ends = not_digit(bytes);
      if (ends == 0) {
        at_ += sizeof bytes;
        continue;
      }
      at_ += std::countr_zero(ends) / 8;
      return at_ != begin;
    }
    while (at_ != end_ && *at_ >= '0' && *at_ <= '9') ++at_;
    return at_ != begin;
  }
  const char* at_;
  const char* end_;
};

FlatScanner::FlatScanner(const std::vector<std::string>& keys)
    : slots_(keys.size()), followers_(keys.size() + 1) {
  CHECK(!keys.empty() && keys.size() < 63);
  for (const std::string& name : keys) {
    Key key;
    key.text.append("\"").append(name).append("\":");
    key.fits = key.text.size() <= sizeof key.words;
    if (key.fits) {
      std::memcpy(key.words.data(), key.text.data(), key.text.size());
      std::memset(key.masks.data(), 0xff, key.text.size());
    }
    keys_.push_back(std::move(key));
  }
}

int FlatScanner::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::string& text = keys_[i].text;
    if (text.size() == key.size() + 3 && text.compare(1, key.size(), key) == 0) return static_cast<int>(i);
  }
  return -1;
}

// The key and its colon, as its slot; -1: another one, or no key.
int FlatScanner::scan_key(Cursor& cursor) const {
  cursor.blanks();
  std::string_view key;
  if (!cursor.take('"') || !cursor.plain_string(key)) return -1;
  cursor.blanks();
  return cursor.take(':') ? find(key) : -1;
}

bool FlatScanner::scan(std::string_view line) {
  for (; seen_ != 0; seen_ &= seen_ - 1) slots_[static_cast<std::size_t>(std::countr_zero(seen_))] = {};
  Cursor cursor(line);
  cursor.blanks();
  if (!cursor.take('{')) return false;
  std::size_t last = keys_.size();
  do {
    const std::size_t expected = followers_[last];
    const int index = cursor.key(keys_[expected]) ? static_cast<int>(expected) : scan_key(cursor);
    if (index < 0) return false;
    const auto slot = static_cast<std::size_t>(index);
    followers_[last] = static_cast<std::uint8_t>(slot);
    last = slot;
    const std::uint64_t bit = std::uint64_t{1} << slot;
    if ((seen_ & bit) != 0) return false;
    seen_ |= bit;
    cursor.blanks();
    if (!cursor.value(slots_[slot])) return false;
    cursor.blanks();
  } while (cursor.take(','));
  if (!cursor.take('}')) return false;
  cursor.blanks();
  return cursor.at_end();
}

std::vector<std::string> own_keys() {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kFields; ++i) keys.emplace_back(field_name(static_cast<Field>(i)));
  keys.emplace_back("source");
  return keys;
}

}  // namespace tickerhouse::formats

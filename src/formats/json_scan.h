// The fast reader of flat objects: known keys with plain strings and numbers, any order, blanks allowed.
// Whatever else it meets (an escape, an unknown or repeated key, a nested value) it declines, and the strict
// reader decides; what it accepts, the strict reader accepts with the same fields (fuzz targets compare).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/fields.h"

namespace tickerhouse::formats {

class FlatScanner {
 public:
  // At most 62 keys, without quotes or escapes; slot i of the result is keys[i].
  explicit FlatScanner(const std::vector<std::string>& keys);
  // false: declined; slots() are then undefined. Else they hold until the next scan, and point into the line.
  bool scan(std::string_view line);
  [[nodiscard]] std::vector<RawField>& slots() { return slots_; }

 private:
  class Cursor;
  // With its quotes and colon, as writers that leave no blanks have it: compared 16 bytes at once if it fits.
  struct Key {
    std::string text;
    std::array<std::uint64_t, 2> words{};
    std::array<std::uint64_t, 2> masks{};
    bool fits = false;
  };
  [[nodiscard]] int find(std::string_view key) const;
  int scan_key(Cursor& cursor) const;

  std::vector<Key> keys_;
  std::vector<RawField> slots_;
  // Which key came after which in the lines before: the next line of a writer has its keys in the same order,
  // so each is looked for where it is expected. A guess that is wrong costs a comparison, never changes an
  // answer. The last one: which key came first.
  std::vector<std::uint8_t> followers_;
  std::uint64_t seen_ = 0;  // slots that the last scan has set
};

// Those of our own shape (docs/semantics.md 1.6) in the order of Field, and `source`, which our own lines
// carry and which means nothing on input.
std::vector<std::string> own_keys();

}  // namespace tickerhouse::formats

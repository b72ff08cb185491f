// The fast reader of our own shape: one flat object of known keys with plain strings and numbers, any order,
// blanks allowed. Whatever else it meets (an escape, an unknown or repeated key, a nested value) it declines,
// and the strict reader decides; what it accepts, the strict reader accepts with the same fields (a fuzz
// target compares).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "formats/fields.h"

namespace tickerhouse::formats {

// Which key came after which in the lines before: the next line of a writer has its keys in the same order,
// so each is looked for where it is expected. A guess that is wrong costs a comparison, never changes an
// answer.
class KeyOrder {
 public:
  static constexpr std::size_t kSource = kFields;  // the one key that our own lines carry beside the fields
  static constexpr std::size_t kStart = kFields + 1;
  [[nodiscard]] std::size_t after(std::size_t key) const { return followers_[key]; }
  void note(std::size_t key, std::size_t follower) { followers_[key] = static_cast<std::uint8_t>(follower); }

 private:
  std::array<std::uint8_t, kFields + 2> followers_{};
};

// false: declined; `fields` is then undefined. Fields point into the line. `source`: where to put the one key
// that our own lines carry beside the fields and that means nothing on input.
bool scan_own_shape(std::string_view line, RawFields& fields, KeyOrder& order, RawField* source = nullptr);

}  // namespace tickerhouse::formats

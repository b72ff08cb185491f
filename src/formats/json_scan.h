// The fast reader of our own shape: one flat object of known keys with plain strings and numbers, any order,
// blanks allowed. Whatever else it meets (an escape, an unknown or repeated key, a nested value) it declines,
// and the strict reader decides; what it accepts, the strict reader accepts with the same fields (a fuzz
// target compares).
#pragma once

#include <string_view>

#include "formats/fields.h"

namespace tickerhouse::formats {

// false: declined; `fields` is then undefined. Fields point into the line.
bool scan_own_shape(std::string_view line, RawFields& fields);

}  // namespace tickerhouse::formats

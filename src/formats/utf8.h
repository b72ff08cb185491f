// Valid UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once

#include <string_view>

namespace tickerhouse::formats {

bool is_utf8(std::string_view bytes);

}  // namespace tickerhouse::formats

// Text that others wrote, made fit to be shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tickerhouse::formats {

// One line, whatever the bytes: control characters and bytes that are no UTF-8 as \xNN, all else as it is
// (a backslash too, so that JSON stays JSON).
void append_printable(std::string& out, std::string_view bytes);

// The beginning, at most so many bytes, cut between characters.
std::string_view beginning_of(std::string_view bytes, std::size_t bytes_max);

}  // namespace tickerhouse::formats

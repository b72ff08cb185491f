// One value as text: a cell of CSV, a value of JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/time.h"

namespace tickerhouse::formats {

void append_csv_cell(std::string& out, std::string_view text);  // in quotes where it must be
void append_json_string(std::string& out, std::string_view text);
void append_json_time(std::string& out, base::TsNanos ts);  // ISO text in quotes, or null for kNoTime

// Escapes for JSON what has been written since `begin`. Nearly never is there anything to do, so text may be
// written in place first.
void escape_json_from(std::string& out, std::size_t begin);

}  // namespace tickerhouse::formats

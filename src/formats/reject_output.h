// Rejects → text, as exports, tail and the pages tell of them. Each append writes one whole line with its LF.
#pragma once

#include <string>
#include <string_view>

#include "market/reject.h"

namespace tickerhouse::formats {

std::string reject_reason(const market::RejectRow& row);    // with length and hash of a line too long
std::string reject_position(const market::RejectRow& row);  // line or line#index
std::string_view reject_csv_header();
void append_reject_csv(std::string& out, const market::RejectRow& row, std::string_view source,
                       std::string_view raw);
void append_reject_json(std::string& out, const market::RejectRow& row, std::string_view source,
                        std::string_view raw);

}  // namespace tickerhouse::formats

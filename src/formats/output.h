// Values → text, as exports, tail and the simulator write them. Each function appends one whole line with its
// LF.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"

namespace tickerhouse::formats {

void append_json_string(std::string& out, std::string_view text);
void append_json_time(std::string& out, base::TsNanos ts);  // ISO text in quotes, or null for kNoTime

std::string_view bar_csv_header();  // with LF
void append_bar_csv(std::string& out, std::string_view symbol, const market::BarRow& bar);
void append_bar_json(std::string& out, std::string_view symbol, const market::BarRow& bar);

struct EventNames {
  std::string_view symbol;
  std::string_view venue;
  std::string_view source;
  std::string_view text;  // of the row in its batch
};
void append_event_json(std::string& out, const market::EventRow& row, const EventNames& names);
// Watermark and status rows: {"kind":"watermark","ts":...,"source":...} or
// {"kind":"status","status":"gap","from":...,"to":...}; of symbol_added with the symbol.
void append_control_json(std::string& out, const market::EventRow& row, const EventNames& names);
std::string_view event_csv_header();
void append_event_csv(std::string& out, const market::EventRow& row, const EventNames& names);

// The same columns one by one, each with its text; empty: unknown, or not of this kind of row.
using TakeColumn = std::function<void(std::string_view name, std::string_view text)>;
void visit_bar(std::string_view symbol, const market::BarRow& bar, const TakeColumn& take);
void visit_event(const market::EventRow& row, const EventNames& names, const TakeColumn& take);

std::string reject_reason(const market::RejectRow& row);    // with length and hash of a line too long
std::string reject_position(const market::RejectRow& row);  // line or line#index
std::string_view reject_csv_header();
void append_reject_csv(std::string& out, const market::RejectRow& row, std::string_view source,
                       std::string_view raw);
void append_reject_json(std::string& out, const market::RejectRow& row, std::string_view source,
                        std::string_view raw);

}  // namespace tickerhouse::formats

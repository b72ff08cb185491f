// Bars and events → text, as exports, tail and the simulator write them. Each function appends one whole line
// with its LF.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "market/bar.h"
#include "market/event.h"

namespace tickerhouse::formats {

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

}  // namespace tickerhouse::formats

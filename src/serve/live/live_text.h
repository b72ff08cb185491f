// The live view in words and JSON: notices, and a row of the watch list (docs/api.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"

namespace tickerhouse::serve {

int decimals_of(const market::BarRow& row);  // of its prices; at most 8

std::string bar_json(std::string_view symbol, const market::BarRow& row);
std::string revised_text(std::string_view symbol, const std::optional<market::BarRow>& before,
                         const market::BarRow& after);
std::string gap_text(std::string_view symbol, const market::BarRow& row);
std::string late_text(std::string_view symbol, const market::EventRow& row);
std::string rejected_text(std::string_view source, const market::RejectRow& row);

struct WatchRow {
  std::string_view symbol;
  const market::BarRow* last = nullptr;  // null: not known, as the others
  const market::BarRow* day = nullptr;
  const market::BarRow* day_before = nullptr;
  int decimals = 2;
  base::TsNanos updated_at = base::kNoTime;
  const char* health = "ok";
};
// All keys but `spark`, and no closing brace.
void append_watch_row(std::string& out, const WatchRow& row);

}  // namespace tickerhouse::serve

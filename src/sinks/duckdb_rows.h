// Bars, events and rejects as columns, the same in the store and in Parquet (docs/schema.md). The lists of
// columns are SQL, in the order in which the functions put them.
#pragma once

#include <string_view>

#include "formats/output.h"
#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"
#include "sinks/duckdb_appender.h"

namespace tickerhouse::sinks {

extern const std::string_view kBarColumns;
extern const std::string_view kEventColumns;
extern const std::string_view kRejectColumns;

void put_bar(DuckdbAppender& out, std::string_view symbol, const market::BarRow& bar);
void put_event(DuckdbAppender& out, const market::EventRow& row, const formats::EventNames& names);
void put_reject(DuckdbAppender& out, const market::RejectRow& row, std::string_view source,
                std::string_view raw);

// What a query selects for read_bar: the symbol in column 0, then everything a BarRow holds.
extern const std::string_view kBarSelect;
base::Result<market::BarRow> read_bar(
    const DuckdbRows& rows);  // `damaged` if a value is none that put_bar writes

}  // namespace tickerhouse::sinks

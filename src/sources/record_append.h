// A decoded record → a source batch.
#pragma once

#include "flow/source.h"
#include "formats/record.h"
#include "sources/line_reader.h"

namespace tickerhouse::sources {

void append_record(const formats::Record& record, const Line& line, std::uint16_t file,
                   flow::SourceBatch& batch);

}  // namespace tickerhouse::sources

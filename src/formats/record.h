// Fields → one event row, or the reason why not: the checks of docs/semantics.md 1.7 in their order.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "formats/fields.h"
#include "market/batch_builder.h"

namespace tickerhouse::formats {

// Borrows from the line and its decoder: valid until the next line.
struct Record {
  std::optional<market::RejectReason> fault;
  market::EventRow row;  // symbol and venue not set; the id is
  std::string_view symbol;
  std::string_view venue;    // empty: none
  std::string_view long_id;  // the id's text if the row has only its hash
  market::DayFields day;     // if flags say so
  std::uint32_t item = 0;    // index + 1 within a line that carries several
  bool rounded = false;
};

enum class LineState { records, blank, skipped };

// Turns lines into records. One decoder per input; not thread-safe; allocates nothing per line after warm-up.
class LineDecoder {
 public:
  virtual ~LineDecoder() = default;
  // CSV learns its columns from the first lines of an input, also when the input goes on later from the
  // middle. `header`: this line names columns and is no record; `ready`: it is a record; `more`: show the
  // next line too.
  enum class Primed { ready, header, more };
  virtual Primed prime(std::string_view line) = 0;
  // Problems of a mapping with the columns seen, e.g. one that the header lacks; empty: none.
  [[nodiscard]] virtual std::vector<std::string> problems() const = 0;
  // The line without LF and CR LF, at most 4 MiB. `records` is cleared and filled.
  virtual LineState decode(std::string_view line, std::vector<Record>& records) = 0;
  // The reason of a line that is not of this format at all.
  [[nodiscard]] virtual market::RejectReason unreadable() const = 0;
};

// Fills `record` from fields, by Field (what comes after them is not looked at); long texts keep pointing
// into the line.
void build_record(std::span<const RawField> fields, const ValueRules& rules, Record& record);

// Appends the event of a record without fault, with its strings and the text that stands beside its row.
market::EventRow& append_event(const Record& record, market::EventBatchBuilder& events);

}  // namespace tickerhouse::formats

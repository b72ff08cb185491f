#include "sources/sorted_records.h"

#include <algorithm>

#include "sources/record_append.h"

namespace tickerhouse::sources {

std::string_view SortedRecords::keep(std::string_view text) {
  return text.empty() ? text : texts_.emplace_back(text);
}

void SortedRecords::store(const FileInput& input, std::uint16_t file) {
  Stored stored{input.current(), input.line(), file};
  const bool same_line =
      !records_.empty() && records_.back().file == file && records_.back().line.number == stored.line.number;
  stored.line.text = same_line ? records_.back().line.text : keep(stored.line.text);
  for (std::string_view* text : {&stored.record.symbol, &stored.record.venue, &stored.record.long_id})
    *text = keep(*text);
  records_.push_back(stored);
}

base::Result<std::unique_ptr<SortedRecords>> SortedRecords::read(const std::vector<FileInput*>& inputs,
                                                                 bool& cut_off) {
  auto sorted = std::make_unique<SortedRecords>();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    FileInput& input = *inputs[i];
    for (;;) {
      const InputState state = input.advance();
      if (state == InputState::record) {
        sorted->store(input, static_cast<std::uint16_t>(i));
        input.take();
        continue;
      }
      if (state == InputState::refill) {
        ASSIGN_OR_RETURN(const bool more, input.refill());  // of a pipe: wait for it
        (void)more;
        continue;
      }
      cut_off = cut_off || state == InputState::cut_off;
      break;
    }
    sorted->skipped_ += input.skipped();
  }
  for (const Stored& stored : sorted->records_) sorted->order_.push_back(&stored);
  std::stable_sort(sorted->order_.begin(), sorted->order_.end(), [](const Stored* a, const Stored* b) {
    const bool a_timed = !a->record.fault;
    const bool b_timed = !b->record.fault;
    if (a_timed != b_timed) return b_timed;
    return a_timed && a->record.row.ts_event < b->record.row.ts_event;
  });
  return sorted;
}

void SortedRecords::append(std::size_t index, flow::SourceBatch& batch) const {
  const Stored& stored = *order_[index];
  append_record(stored.record, stored.line, stored.file, batch);
}

}  // namespace tickerhouse::sources

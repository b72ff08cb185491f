// Rows of the tape on their way into history files: which are kept, in which file each belongs, and their
// order there. Batches are copied as they are and rows found in them again when a file is made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flow/sink.h"
#include "market/batch.h"
#include "sinks/history/history_writer.h"

namespace tickerhouse::sinks {

// One file of a flush: rows of one topic, partition and UTC date.
struct HistoryPart {
  flow::Topic topic = flow::Topic::events;
  std::uint16_t partition = 0;
  std::int64_t date = 0;  // days since 1970
  auto operator<=>(const HistoryPart&) const = default;
};

// Of a row of events or settled bars that belongs into the history: when it was.
bool in_history(const market::EventRow& row, base::TsNanos& ts);
bool in_history(const market::BarRow& row, base::TsNanos& ts);
std::int64_t history_date(base::TsNanos ts);

class HistoryRows {
 public:
  void clear();
  // Rows of the batch with offsets in [begin, end); of `only` alone if it is given.
  base::Status keep(const flow::ResultBatch& batch, flow::Offset begin, flow::Offset end,
                    const HistoryPart* only = nullptr);
  [[nodiscard]] std::vector<HistoryPart> parts() const;
  struct Range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  [[nodiscard]] Range range(const HistoryPart& part) const;
  // The rows of a part, sorted by symbol, time and offset; valid until the next change.
  HistorySource sorted(const HistoryPart& part);

 private:
  struct Place {
    std::uint32_t batch;
    std::uint32_t row;
    std::uint32_t symbol;  // in order of first appearance
    base::TsNanos ts;
    std::uint64_t offset;
  };
  struct Batch {
    std::string bytes;
    market::BatchBytes view;
  };

  template <typename View>
  base::Status keep_rows(const flow::ResultBatch& batch, std::pair<std::uint32_t, std::uint32_t> rows,
                         const HistoryPart* only);
  std::uint32_t symbol_number(const market::BatchBytes& batch, std::uint16_t symbol);
  base::Status add(flow::Topic topic, const Place& place, HistoryWriter& writer) const;
  void prefetch(flow::Topic topic, const Place& place) const;
  void rank_symbols();
  void sort(std::vector<Place>& rows);

  std::deque<Batch> batches_;  // views into them stay
  std::map<HistoryPart, std::vector<Place>> parts_;
  std::unordered_map<std::string, std::uint32_t> symbols_;
  std::vector<std::uint32_t> rank_;  // by number: the symbol's place among all by their bytes
  std::vector<Place> scratch_;
  std::vector<std::uint32_t> numbers_;  // scratch: by string of the batch in hand
};

}  // namespace tickerhouse::sinks

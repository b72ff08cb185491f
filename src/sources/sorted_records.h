// All records of a set of inputs, in memory, by time: those without a time first, ties in the order of the
// files and their lines.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "flow/source.h"
#include "sources/file_input.h"

namespace tickerhouse::sources {

class SortedRecords {
 public:
  // Reads the inputs to their ends. Lines are copied, so the inputs' memory is free again.
  static base::Result<std::unique_ptr<SortedRecords>> read(const std::vector<FileInput*>& inputs,
                                                           bool& cut_off);
  [[nodiscard]] std::size_t size() const { return order_.size(); }
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  void append(std::size_t index, flow::SourceBatch& batch) const;  // raw bytes live as long as this object

 private:
  struct Stored {
    formats::Record record;  // its texts point into texts
    Line line;
    std::uint16_t file = 0;
  };
  void store(const FileInput& input, std::uint16_t file);
  std::string_view keep(std::string_view text);
  std::deque<Stored> records_;
  std::deque<std::string> texts_;
  std::vector<const Stored*> order_;
  std::uint64_t skipped_ = 0;
};

}  // namespace tickerhouse::sources

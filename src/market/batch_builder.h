// Writing a batch (market/batch.h). A builder is cleared and filled again: after warm-up it allocates
// nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "market/batch.h"

namespace tickerhouse::market {

// Distinct strings of one batch, numbered in order of first use.
class StringTable {
 public:
  StringTable();
  std::uint16_t intern(
      std::string_view text);  // Requires size() < kBatchStringsMax or that the text is known
  [[nodiscard]] std::string_view at(std::uint16_t index) const;
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] const std::vector<std::uint32_t>& ends() const { return ends_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  void clear();

 private:
  void grow();
  std::vector<std::uint32_t> ends_;
  std::string bytes_;
  struct Slot {
    std::uint32_t epoch = 0;
    std::uint16_t index = 0;
  };
  std::vector<Slot> slots_;  // open addressing, size a power of two, at most half full
  std::uint32_t epoch_ = 1;
};

// Everything of a batch but the typed rows.
class BatchParts {
 public:
  StringTable strings;
  void add_text(std::uint32_t row, std::string_view text);  // rows ascending, once each
  [[nodiscard]] std::string_view text(std::uint32_t row) const;
  void clear();
  // Appends the finished batch to out, at a multiple of kBatchAlignment, and returns its place there.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  struct Rows {
    RowKind kind;
    const void* data;
    std::size_t count;
    std::size_t size;  // of one
  };
  Place seal(std::string& out, const Rows& rows, std::uint64_t first_sequence) const;

 private:
  std::vector<std::uint32_t> text_entries_;
  std::string texts_;
};

template <typename Row>
class BatchBuilder : public BatchParts {
 public:
  std::vector<Row> rows;
  void clear() {
    rows.clear();
    BatchParts::clear();
  }
  Place seal(std::string& out, std::uint64_t first_sequence) const {
    return BatchParts::seal(out, {RowTraits<Row>::kKind, rows.data(), rows.size(), sizeof(Row)},
                            first_sequence);
  }
};

using EventBatchBuilder = BatchBuilder<EventRow>;

}  // namespace tickerhouse::market

// A batch: rows of one kind, the string table they index, and text that belongs to single rows. It is
// self-contained and position independent, the same bytes in memory and on the tape (docs/formats/batch.md),
// read in place.
//
//   header 64 | rows | string ends u32[] | string bytes | text entries {row u32, end u32}[] | text bytes
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.h"
#include "market/bar.h"
#include "market/event.h"
#include "market/reject.h"

namespace tickerhouse::market {

enum class RowKind : std::uint16_t { event = 1, bar = 2, reject = 3 };
template <typename Row>
struct RowTraits;
template <>
struct RowTraits<EventRow> {
  static constexpr RowKind kKind = RowKind::event;
};
template <>
struct RowTraits<BarRow> {
  static constexpr RowKind kKind = RowKind::bar;
};
template <>
struct RowTraits<RejectRow> {
  static constexpr RowKind kKind = RowKind::reject;
};

struct BatchHeader {
  std::uint32_t magic = 0;
  std::uint16_t version = 0;
  RowKind row_kind = RowKind::event;
  std::uint32_t row_count = 0;
  std::uint32_t row_bytes = 0;
  std::uint32_t string_count = 0;
  std::uint32_t string_bytes = 0;
  std::uint32_t text_count = 0;
  std::uint32_t text_bytes = 0;
  std::uint64_t first_sequence = 0;  // of the writer, in this topic; counts rows
  std::uint64_t checksum = 0;        // XXH3-64 of everything else
  std::uint64_t unused[2] = {0, 0};
};
static_assert(sizeof(BatchHeader) == 64);

inline constexpr std::size_t kBatchAlignment = 16;
inline constexpr std::size_t kBatchStringsMax = 0xFFFF;
inline constexpr std::size_t kBatchRowsMax = 16'384;  // for writers: three strings a row still fit
inline constexpr std::uint64_t kBatchBytesMax = 1ULL << 30U;

// The bytes of a batch, of any kind. Views borrow: they are valid as long as the bytes are.
class BatchBytes {
 public:
  // Checks magic, version, sizes and the checksum; `damaged` otherwise. Requires bytes aligned to
  // kBatchAlignment.
  static base::Result<BatchBytes> open(std::string_view bytes);

  [[nodiscard]] const BatchHeader& header() const { return *header_; }
  [[nodiscard]] std::string_view all() const;  // the bytes it was opened on
  [[nodiscard]] std::uint32_t row_count() const { return header_->row_count; }
  [[nodiscard]] std::uint32_t string_count() const { return header_->string_count; }
  [[nodiscard]] const char* rows() const { return reinterpret_cast<const char*>(header_ + 1); }
  [[nodiscard]] std::string_view string(std::uint16_t index) const;  // kNoString or out of range: empty
  [[nodiscard]] std::string_view text(std::uint32_t row) const;      // empty if the row has none

 private:
  const BatchHeader* header_ = nullptr;
  const std::uint32_t* string_ends_ = nullptr;
  const char* strings_ = nullptr;
  const std::uint32_t* text_entries_ = nullptr;
  const char* texts_ = nullptr;
};

template <typename Row>
class BatchView : public BatchBytes {
 public:
  explicit BatchView(const BatchBytes& bytes) : BatchBytes(bytes) {
    CHECK(bytes.header().row_kind == RowTraits<Row>::kKind);
  }
  [[nodiscard]] std::span<const Row> rows() const {
    return {reinterpret_cast<const Row*>(BatchBytes::rows()), row_count()};
  }
};

using EventBatchView = BatchView<EventRow>;

}  // namespace tickerhouse::market

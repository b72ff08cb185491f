// Where the events of a shard are messages of others (docs/kafka.md, keyed by symbol): what ingest does for a
// source, rejects, new symbols and their counts, the shard does for its partition.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "engine/result_batches.h"
#include "market/batch.h"
#include "market/reject.h"

namespace tickerhouse::engine {

struct MessageCounts {
  std::array<std::uint64_t, market::kRejectReasons> rejects{};
  std::uint64_t skipped = 0;
  std::uint64_t rounded = 0;
  base::TsNanos watermark = base::kNoTime;
  bool operator==(const MessageCounts&) const = default;

  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);
};

class Messages {
 public:
  // place: TOPIC/PARTITION, as rejects and symbols name it; empty: the events came through ingest.
  explicit Messages(std::string place) : place_(std::move(place)) {}
  [[nodiscard]] bool are_of_others() const { return !place_.empty(); }
  [[nodiscard]] const MessageCounts& counts() const { return counts_; }

  // Of an event.
  void note(const market::EventRow& row) { counts_.rounded += (row.flags & market::kRounded) != 0 ? 1 : 0; }
  void note_watermark(base::TsNanos watermark) { counts_.watermark = watermark; }
  void skip() { ++counts_.skipped; }
  // The status row of a message that is no event, at `offset`, and its text.
  void reject(const market::EventRow& row, std::string_view text, std::uint64_t offset,
              ResultBatches<market::RejectRow>& to);
  void add_symbol(std::string_view symbol, base::TsNanos ts, ResultBatches<market::EventRow>& to) const;

  void save(base::ByteWriter& out) const { counts_.save(out); }
  void load(base::ByteReader& in) { counts_.load(in); }

 private:
  std::string place_;
  MessageCounts counts_;
};

}  // namespace tickerhouse::engine

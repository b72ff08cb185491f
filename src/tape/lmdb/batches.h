// Finding batches in the table: the one that holds an offset, and the end of a partition. Used by readers and
// by the committer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "flow/tape.h"
#include "tape/aligned_copy.h"
#include "tape/lmdb/env.h"
#include "tape/lmdb/keys.h"

namespace tickerhouse::tape {

struct FoundBatch {
  BatchKey key;
  market::BatchBytes bytes;  // points into the map, or into the scratch where the map is not aligned
  [[nodiscard]] std::uint64_t end() const { return key.first + bytes.row_count(); }
};

// Checks key and batch; damaged names the place.
base::Result<FoundBatch> open_entry(const LmdbCursor::Entry& entry, AlignedCopy& scratch);

// The batch with the row at key.first, or the first one after it if the partition begins later; nullopt:
// beyond the end. Rows missing between two batches are damage.
base::Result<std::optional<FoundBatch>> find_batch(MDB_txn* txn, const LmdbTables& tables, const BatchKey& at,
                                                   AlignedCopy& scratch);

// The offset of the first row that is there; 0 without any.
base::Result<std::uint64_t> find_begin(MDB_txn* txn, const LmdbTables& tables, flow::Topic topic,
                                       std::uint16_t partition);

// The offset after the last row.
base::Result<std::uint64_t> find_end(MDB_txn* txn, const LmdbTables& tables, flow::Topic topic,
                                     std::uint16_t partition, AlignedCopy& scratch);

}  // namespace tickerhouse::tape

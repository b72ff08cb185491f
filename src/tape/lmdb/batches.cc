#include "tape/lmdb/batches.h"

#include <limits>

#include "tape/commit_rule.h"

namespace tickerhouse::tape {
namespace {

base::Error damaged(const BatchKey& key, std::string_view what) {
  return {base::ErrorCode::damaged, std::string("the tape is damaged: ").append(what),
          place_name(key.topic, key.partition, key.first)};
}

// The last entry of the partition at or before key.first, the cursor standing on the first one after it.
base::Result<std::optional<LmdbCursor::Entry>> entry_before(LmdbCursor& cursor, bool at_end,
                                                            const BatchKey& key) {
  ASSIGN_OR_RETURN(auto entry, at_end ? cursor.last() : cursor.before());
  if (!entry) return entry;
  const auto found = parse_batch_key(entry->key);
  if (!found) return damaged(key, "a key is not of its form");
  if (!found->same_partition(key)) return std::optional<LmdbCursor::Entry>();
  return entry;
}

}  // namespace

base::Result<FoundBatch> open_entry(const LmdbCursor::Entry& entry, AlignedCopy& scratch) {
  const auto key = parse_batch_key(entry.key);
  if (!key) return damaged({}, "a key is not of its form");
  // Values beside others on a page stand at even addresses only; those with pages of their own are aligned
  // and read in place.
  const std::string_view bytes = is_batch_aligned(entry.value) ? entry.value : scratch.assign(entry.value);
  auto batch = market::BatchBytes::open(bytes);
  if (!batch.ok()) return damaged(*key, batch.error().what);
  if (batch->row_count() == 0) return damaged(*key, "a batch without rows");
  return FoundBatch{*key, *batch};
}

base::Result<std::optional<FoundBatch>> find_batch(MDB_txn* txn, const LmdbTables& tables, const BatchKey& at,
                                                   AlignedCopy& scratch) {
  LmdbCursor cursor(txn, tables.batches);
  ASSIGN_OR_RETURN(auto entry, cursor.at_or_after(BatchKeyBytes(at).view()));
  std::optional<BatchKey> after;
  if (entry) {
    after = parse_batch_key(entry->key);
    if (!after) return damaged(at, "a key is not of its form");
    if (after->same_partition(at) && after->first == at.first) {
      ASSIGN_OR_RETURN(const FoundBatch found, open_entry(*entry, scratch));
      return std::optional<FoundBatch>(found);
    }
  }
  // Not the beginning of a batch: inside the one before, or beyond the end.
  ASSIGN_OR_RETURN(const auto earlier, entry_before(cursor, !entry.has_value(), at));
  std::uint64_t gap_from = at.first;
  if (earlier) {
    ASSIGN_OR_RETURN(const FoundBatch found, open_entry(*earlier, scratch));
    if (found.end() > at.first) return std::optional<FoundBatch>(found);
    gap_from = found.end();
  }
  if (!after || !after->same_partition(at)) return std::optional<FoundBatch>();
  if (earlier) return damaged({at.topic, at.partition, gap_from}, "rows are missing");
  ASSIGN_OR_RETURN(const auto again, cursor.at_or_after(BatchKeyBytes(*after).view()));
  if (!again) return damaged(*after, "a batch has gone");
  ASSIGN_OR_RETURN(const FoundBatch found, open_entry(*again, scratch));
  return std::optional<FoundBatch>(found);
}

base::Result<std::uint64_t> find_begin(MDB_txn* txn, const LmdbTables& tables, flow::Topic topic,
                                       std::uint16_t partition) {
  const BatchKey from{topic, partition, 0};
  LmdbCursor cursor(txn, tables.batches);
  ASSIGN_OR_RETURN(const auto entry, cursor.at_or_after(BatchKeyBytes(from).view()));
  if (!entry) return std::uint64_t{0};
  const auto found = parse_batch_key(entry->key);
  if (!found) return damaged(from, "a key is not of its form");
  return found->same_partition(from) ? found->first : 0;
}

base::Result<std::uint64_t> find_end(MDB_txn* txn, const LmdbTables& tables, flow::Topic topic,
                                     std::uint16_t partition, AlignedCopy& scratch) {
  const BatchKey beyond{topic, partition, std::numeric_limits<std::uint64_t>::max()};
  LmdbCursor cursor(txn, tables.batches);
  ASSIGN_OR_RETURN(const auto entry, cursor.at_or_after(BatchKeyBytes(beyond).view()));
  ASSIGN_OR_RETURN(const auto last, entry_before(cursor, !entry.has_value(), beyond));
  if (!last) return std::uint64_t{0};
  ASSIGN_OR_RETURN(const FoundBatch found, open_entry(*last, scratch));
  return found.end();
}

}  // namespace tickerhouse::tape

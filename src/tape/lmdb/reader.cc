#include "tape/lmdb/reader.h"

#include "tape/lmdb/batches.h"

namespace tickerhouse::tape {
namespace {

class LmdbReader final : public flow::TapeReader {
 public:
  LmdbReader(LmdbEnv& env, const BatchKey& from) : txn_(env), at_(from) {}

  base::Result<bool> next(flow::TapeBatch& batch) override {
    RETURN_IF_ERROR(txn_.begin());
    auto found = find_batch(txn_.get(), txn_.env().tables(), at_, scratch_);
    const std::optional<FoundBatch> stored = found.ok() ? found.value() : std::nullopt;
    if (!stored) {
      txn_.end();  // a reader that waits must not keep pages from being used again
      if (!found.ok()) return found.error();
      return false;
    }
    const std::uint64_t first = stored->key.first > at_.first ? stored->key.first : at_.first;
    batch.first = {first};
    batch.skip = static_cast<std::uint32_t>(first - stored->key.first);
    batch.next = {stored->end()};
    batch.bytes = stored->bytes;
    at_.first = stored->end();
    return true;
  }

 private:
  ReadTxn txn_;
  BatchKey at_;
  AlignedCopy scratch_;
};

}  // namespace

std::unique_ptr<flow::TapeReader> make_lmdb_reader(LmdbEnv& env, const BatchKey& from) {
  return std::make_unique<LmdbReader>(env, from);
}

}  // namespace tickerhouse::tape

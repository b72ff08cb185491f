// Which trades have been counted: 128-bit hashes of their identity, each forgotten exactly when the pane of
// its trade stops taking late events. Forgetting is decided by comparing times at the lookup; memory is given
// back when the table is rebuilt.
//
// Open addressing with linear probing in a table of 32-byte slots, at most half full: one cache line a lookup
// as a rule. A rebuild drops what is forgotten and doubles the table only if more than a quarter stays. Cost:
// O(1) amortised, no allocation between rebuilds. The same inserts give the same table, so what depends on
// memory (reused) is deterministic too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "flow/operator.h"

namespace tickerhouse::engine {

class SeenIds {
 public:
  SeenIds();
  enum class Answer { fresh, reused, duplicate };
  // Looks the id up and, unless it is a duplicate, remembers it until the watermark of `symbol` reaches
  // `forget_at`. reused: it had been forgotten and was still in the table.
  Answer insert(const base::Hash128& id, flow::SymbolId symbol, base::TsNanos forget_at,
                const flow::EventTime& time);
  // Says that `id` will be inserted soon. The table is larger than the caches; a lookup that was not
  // announced waits for memory.
  void announce(const base::Hash128& id) const {
    __builtin_prefetch(&slots_[id.low & (slots_.size() - 1)], 1);
  }
  [[nodiscard]] std::size_t size() const { return used_; }

  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);

 private:
  struct alignas(32) Slot {  // never across two cache lines
    base::Hash128 id;        // both halves 0: empty
    base::TsNanos forget_at = 0;
    flow::SymbolId symbol = 0;
    std::uint32_t unused = 0;
  };
  static bool empty(const Slot& slot) { return slot.id.low == 0 && slot.id.high == 0; }
  [[nodiscard]] std::size_t place_of(const base::Hash128& id) const;
  void rebuild(const flow::EventTime& time);

  std::vector<Slot> slots_;
  std::vector<Slot> spare_;  // memory of the table before the last rebuild, for the next one: fresh pages
                             // cost more than filling
  std::size_t used_ = 0;
};

}  // namespace tickerhouse::engine

// The table `bars` holds the newest row of each (symbol, interval, window). Rows of a flush are collected
// here, newest per key, and written in one go: keys that may be in the table are deleted, then everything is
// inserted.
//
// Which keys may be there is known without an index: a window later than all that its symbol and interval
// have in the table cannot be. As windows come in order, only revisions and windows first seen late are
// looked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "market/bar.h"
#include "sinks/duckdb_connection.h"

namespace tickerhouse::sinks {

class BarUpsert {
 public:
  base::Status restore(DuckdbConnection& connection);  // forgets what was collected
  struct Origin {
    std::uint16_t partition = 0;
    std::uint64_t sequence = 0;
  };
  void take(std::string_view symbol, const market::BarRow& bar, Origin origin);
  base::Status write(DuckdbConnection& connection);  // in the open transaction
  void committed();

 private:
  struct Pending {
    std::uint32_t symbol = 0;
    market::BarRow bar;
    Origin origin;
  };
  struct Key {
    std::uint32_t symbol = 0;
    base::DurationNanos interval = 0;
    base::TsNanos window_start = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  std::uint32_t symbol_number(std::string_view symbol);
  base::Status delete_old(DuckdbConnection& connection, const std::vector<const Pending*>& rows) const;

  std::unordered_map<std::string, std::uint32_t> symbol_numbers_;
  std::vector<std::string_view> symbols_;  // the keys of the map above
  std::vector<Pending> pending_;
  std::unordered_map<Key, std::size_t, KeyHash> places_;  // in pending_
  std::unordered_map<Key, base::TsNanos, KeyHash>
      latest_;  // the last window in the table, by key without window
};

}  // namespace tickerhouse::sinks

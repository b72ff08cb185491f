// Which source brings which symbol: topic `symbols`, one row per symbol and source. A symbol has one
// unfinished source at a time, unless merging is wanted.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "flow/tape.h"

namespace tickerhouse::runtime {

class SymbolOwners {
 public:
  // Reads the topic and which sources are unfinished.
  static base::Result<SymbolOwners> load(flow::Tape& tape);

  enum class Answer { known, added };
  // `configuration`, naming both, if another unfinished source brings the symbol and merge is not wanted.
  base::Result<Answer> claim(std::string_view symbol, std::string_view source, bool merge);
  // After a refused commit: the last claims did not happen.
  [[nodiscard]] std::uint64_t row_count() const { return row_count_; }
  void count_rows(std::uint64_t added) { row_count_ += added; }

 private:
  std::unordered_map<std::string, std::vector<std::string>> sources_of_;
  std::unordered_set<std::string> unfinished_;
  std::uint64_t row_count_ = 0;
};

}  // namespace tickerhouse::runtime

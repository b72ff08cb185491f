#include "market/symbol.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/hash.h"

namespace tickerhouse::market {

namespace {

constexpr auto kAllowed = [] {
  std::array<bool, 256> allowed{};
  for (std::size_t c = ' ' + 1; c <= '~'; ++c) allowed.at(c) = true;
  for (const char c : {',', '"', '\'', '\\', '<', '>'}) allowed.at(static_cast<unsigned char>(c)) = false;
  return allowed;
}();

}  // namespace

bool is_valid_symbol(std::string_view text) {
  if (text.empty() || text.size() > kSymbolBytesMax) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kAllowed[static_cast<unsigned char>(c)]; });
}

std::uint16_t partition_of(std::string_view symbol, std::uint16_t partitions) {
  CHECK(partitions > 0);
  return static_cast<std::uint16_t>(base::murmur2_positive(symbol) % partitions);
}

}  // namespace tickerhouse::market

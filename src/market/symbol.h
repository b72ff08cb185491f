// Symbols as they are spelled: 1 to 32 printable ASCII characters, case counts. Venues and source names obey
// the same rule.
#pragma once

#include <cstdint>
#include <string_view>

namespace tickerhouse::market {

inline constexpr std::size_t kSymbolBytesMax = 32;

// No space, comma, quotes, backslash, '<', '>'.
bool is_valid_symbol(std::string_view text);

// The partition of a symbol: murmur2 as Kafka clients do, so that a topic written by others agrees.
// partitions > 0.
std::uint16_t partition_of(std::string_view symbol, std::uint16_t partitions);

}  // namespace tickerhouse::market

// Keys of the table `batches`: topic u8, partition u16, offset of the first row u64, both big-endian, so that
// byte order is tape order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "flow/tape.h"

namespace tickerhouse::tape {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::string_view kFormatKey = "format";  // in the table `meta`

struct BatchKey {
  flow::Topic topic = flow::Topic::events;
  std::uint16_t partition = 0;
  std::uint64_t first = 0;
  [[nodiscard]] bool same_partition(const BatchKey& other) const {
    return topic == other.topic && partition == other.partition;
  }
};

class BatchKeyBytes {
 public:
  explicit BatchKeyBytes(const BatchKey& key) {
    bytes_[0] = static_cast<char>(key.topic);
    put(1, 2, key.partition);
    put(3, 8, key.first);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), bytes_.size()}; }
  static constexpr std::size_t kSize = 11;

 private:
  void put(std::size_t at, std::size_t size, std::uint64_t value) {
    for (std::size_t i = 0; i < size; ++i)
      bytes_[at + i] = static_cast<char>(value >> (8 * (size - 1 - i)) & 0xFF);
  }
  std::array<char, kSize> bytes_{};
};

inline std::optional<BatchKey> parse_batch_key(std::string_view bytes) {
  if (bytes.size() != BatchKeyBytes::kSize) return std::nullopt;
  const auto get = [&](std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
    return value;
  };
  return BatchKey{static_cast<flow::Topic>(get(0, 1)), static_cast<std::uint16_t>(get(1, 2)), get(3, 8)};
}

}  // namespace tickerhouse::tape

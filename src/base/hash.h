// Hashes that are part of a format: XXH3 (checksums, identities, input fingerprints) and murmur2 (partitions,
// as Kafka clients choose them).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickerhouse::base {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  auto operator<=>(const Hash128&) const = default;
};

std::uint64_t hash64(std::string_view bytes);
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed);
Hash128 hash128(std::string_view bytes);
std::string to_hex(const Hash128& hash);  // 32 digits, high first
std::string random_id();                  // of 128 bits of the system's randomness, as to_hex writes them
std::optional<Hash128> hash_from_hex(std::string_view hex);

// A running XXH3-128 whose digest may be asked at any point.
class StreamHash {
 public:
  StreamHash();
  ~StreamHash();
  StreamHash(StreamHash&&) noexcept;
  StreamHash& operator=(StreamHash&&) noexcept;
  StreamHash(const StreamHash&) = delete;
  StreamHash& operator=(const StreamHash&) = delete;
  void update(std::string_view bytes);
  [[nodiscard]] Hash128 digest() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Kafka's default partitioner: murmur2 of the key, made positive (org.apache.kafka.common.utils.Utils.murmur2
// and toPositive).
std::uint32_t murmur2_positive(std::string_view key);

}  // namespace tickerhouse::base

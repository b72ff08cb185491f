#include "base/hash.h"

#include <xxhash.h>

#include <array>
#include <charconv>
#include <cstring>
#include <random>

#include "base/check.h"

namespace tickerhouse::base {

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }
std::uint64_t hash64(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::string to_hex(const Hash128& hash) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint64_t word : {hash.high, hash.low})
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[(word >> shift) & 15U]);
  return text;
}

std::string random_id() {
  std::random_device random;
  const auto word = [&random] { return std::uint64_t{random()} << 32U | random(); };
  return to_hex({word(), word()});
}

std::optional<Hash128> hash_from_hex(std::string_view hex) {
  constexpr std::size_t kHalf = 16;
  if (hex.size() != 2 * kHalf) return std::nullopt;
  Hash128 hash;
  const auto read = [&hex](std::size_t from, std::uint64_t& value) {
    const char* const end = hex.data() + from + kHalf;
    const auto [at, error] = std::from_chars(hex.data() + from, end, value, 16);
    return error == std::errc() && at == end;
  };
  if (!read(0, hash.high) || !read(kHalf, hash.low)) return std::nullopt;
  return hash;
}

struct StreamHash::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() {
    CHECK(xxh != nullptr);
    XXH3_128bits_reset(xxh);
  }
  ~State() { XXH3_freeState(xxh); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

StreamHash::StreamHash() : state_(std::make_unique<State>()) {}
StreamHash::~StreamHash() = default;
StreamHash::StreamHash(StreamHash&&) noexcept = default;
StreamHash& StreamHash::operator=(StreamHash&&) noexcept = default;

void StreamHash::update(std::string_view bytes) {
  XXH3_128bits_update(state_->xxh, bytes.data(), bytes.size());
}

Hash128 StreamHash::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->xxh);
  return {hash.low64, hash.high64};
}

std::uint32_t murmur2_positive(std::string_view key) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  auto hash = kSeed ^ static_cast<std::uint32_t>(key.size());
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t k = 0;
    std::memcpy(&k, key.data() + i, 4);
    k *= kMultiplier;
    k ^= k >> kShift;
    k *= kMultiplier;
    hash *= kMultiplier;
    hash ^= k;
  }
  const std::size_t rest = key.size() - i;
  if (rest >= 3) hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + 2])) << 16U;
  if (rest >= 2) hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + 1])) << 8U;
  if (rest >= 1) {
    hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i]));
    hash *= kMultiplier;
  }
  hash ^= hash >> 13U;
  hash *= kMultiplier;
  hash ^= hash >> 15U;
  return hash & 0x7fffffffU;
}

}  // namespace tickerhouse::base

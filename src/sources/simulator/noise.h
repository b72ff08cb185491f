// Randomness that is a function: the same number for the same seed, purpose and index, on every machine and
// compiler, in any order.
#pragma once

#include <cstdint>

#include "base/int128.h"

namespace tickerhouse::sources {

// The finalizer of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): a
// bijection that mixes all bits.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

class Noise {
 public:
  Noise() = default;
  constexpr Noise(std::uint64_t seed, std::uint64_t purpose) : key_(mix(seed + mix(purpose * kGolden + 1))) {}
  [[nodiscard]] constexpr std::uint64_t at(std::uint64_t index) const {
    return mix(key_ + (index + 1) * kGolden);
  }

 private:
  static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15U;
  std::uint64_t key_ = 0;
};

// A hash as a whole number in [0, limit).
constexpr std::uint64_t below(std::uint64_t hash, std::uint64_t limit) {
  return static_cast<std::uint64_t>((static_cast<base::Uint128>(hash) * limit) >> 64U);
}
// In [0, 1).
constexpr double unit(std::uint64_t hash) { return static_cast<double>(hash >> 11U) * 0x1p-53; }

// Nearly a standard normal: four 16-bit uniforms summed (variance 1, nothing beyond 3.5). Additions only, so
// that it is the same everywhere.
constexpr double bell(std::uint64_t hash) {
  const std::uint64_t sum =
      (hash & 0xFFFFU) + (hash >> 16U & 0xFFFFU) + (hash >> 32U & 0xFFFFU) + (hash >> 48U);
  constexpr double kMean = 4 * 32767.5;
  constexpr double kPerDeviation = 1.7320508075688772 / 65536;
  return (static_cast<double>(sum) - kMean) * kPerDeviation;
}

}  // namespace tickerhouse::sources

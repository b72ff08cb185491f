// The price of a symbol at a time: a geometric random walk with rare jumps that can be asked at any time, in
// any order.
//
//   |----------------------- 2^54 ns, 208 days -----------------------|   both ends at the symbol's base
//   price
//   |--------------- middle = mean of the ends + noise ---------------|   Lévy's construction of a Brownian
//   bridge: each
//   |-------------------|----------------------------------------------   half again, 24 times, down to 2^30
//   ns (about a
//   ...                                                                    second), within which the price is
//   linear
//
// The noise of a node is a hash of (seed, symbol, level, node). The path to the last answer is kept, so a
// later time costs the levels that differ: amortised constant when time goes on. Pinned ends keep prices
// plausible however long it runs. Reference: P. Lévy, Processus stochastiques et mouvement brownien, 1948.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "sources/simulator/noise.h"

namespace tickerhouse::sources {

class PriceWalks {
 public:
  PriceWalks(std::uint64_t seed, std::size_t symbols);
  // In currency units; ts >= 0.
  double price(std::size_t symbol, base::TsNanos ts);

 private:
  static constexpr unsigned kLeafBits = 30;
  static constexpr unsigned kLevels = 24;
  static constexpr unsigned kJumpBits = 42;  // a jump decays over 2^42 ns, 73 minutes

  struct Walk {
    double base = 0;       // price
    double deviation = 0;  // of the logarithm over a whole segment
    std::uint64_t leaf = ~std::uint64_t{0};
    double left_price = 0;  // at the ends of the leaf
    double right_price = 0;
    std::array<double, kLevels + 1> left{};  // of the node on the path, by level
    std::array<double, kLevels + 1> right{};
    std::uint64_t jump_block = ~std::uint64_t{0};
    struct Jump {
      double at = 0;  // within its block, 0 to 1
      double size = 0;
    };
    std::array<Jump, 2> jumps{};  // of the block before jump_block and of itself
  };
  void go_to_leaf(Walk& walk, std::size_t symbol, std::uint64_t leaf) const;
  double jumps_at(Walk& walk, std::size_t symbol, std::uint64_t ts) const;
  [[nodiscard]] Walk::Jump jump_of(std::size_t symbol, std::uint64_t block) const;

  Noise bridge_;
  Noise jump_;
  std::array<double, kLevels> scale_{};  // of the noise at a level, for a deviation of 1
  std::vector<Walk> walks_;
};

}  // namespace tickerhouse::sources

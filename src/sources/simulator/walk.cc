#include "sources/simulator/walk.h"

#include <bit>

namespace tickerhouse::sources {
namespace {

constexpr std::uint64_t kBasePurpose = 1;
constexpr std::uint64_t kBridgePurpose = 2;
constexpr std::uint64_t kJumpPurpose = 3;
constexpr std::uint64_t kJumpEvery = 64;  // one block in so many has one

// (1 + x/1024)^1024: near enough to e^x for a price, and without libm the same bits everywhere.
double growth(double x) {
  double value = 1 + x / 1024;
  for (int i = 0; i < 10; ++i) value *= value;
  return value;
}

}  // namespace

PriceWalks::PriceWalks(std::uint64_t seed, std::size_t symbols)
    : bridge_(seed, kBridgePurpose), jump_(seed, kJumpPurpose), walks_(symbols) {
  // The middle of a bridge of length T deviates by sqrt(T) / 2; T halves with each level.
  constexpr double kRootOfHalf = 0.7071067811865476;
  double scale = 0.5;
  for (double& level : scale_) {
    level = scale;
    scale *= kRootOfHalf;
  }
  const Noise base(seed, kBasePurpose);
  for (std::size_t i = 0; i < symbols; ++i) {
    const std::uint64_t hash = base.at(i);
    walks_[i].base = 12 + 380 * unit(hash) * unit(mix(hash));
    // 1 % to 3 % a day; a segment has 208.5 days, whose root is 14.44.
    walks_[i].deviation = 14.44 * (0.01 + 0.02 * unit(mix(hash + 1)));
  }
}

double PriceWalks::price(std::size_t symbol, base::TsNanos ts) {
  Walk& walk = walks_[symbol];
  const auto time = static_cast<std::uint64_t>(ts);
  const std::uint64_t leaf = time >> kLeafBits;
  if (leaf != walk.leaf) go_to_leaf(walk, symbol, leaf);
  const double within = static_cast<double>(time & ((std::uint64_t{1} << kLeafBits) - 1)) * 0x1p-30;
  const double value = walk.left_price + (walk.right_price - walk.left_price) * within;
  return value * (1 + jumps_at(walk, symbol, time));
}

void PriceWalks::go_to_leaf(Walk& walk, std::size_t symbol, std::uint64_t leaf) const {
  // Levels above the first bit in which the two leaves differ are the same.
  const std::uint64_t differ = walk.leaf ^ leaf;
  const unsigned first = differ >> kLevels != 0 ? 0 : kLevels - static_cast<unsigned>(std::bit_width(differ));
  for (unsigned level = first; level < kLevels; ++level) {
    const unsigned below_bits = kLevels - level;
    const std::uint64_t node = leaf >> below_bits;
    const std::uint64_t hash = bridge_.at(node << 24U ^ static_cast<std::uint64_t>(level) << 58U ^
                                          static_cast<std::uint64_t>(symbol));
    const double middle =
        (walk.left[level] + walk.right[level]) / 2 + scale_[level] * walk.deviation * bell(hash);
    const bool right_half = (leaf >> (below_bits - 1) & 1U) != 0;
    walk.left[level + 1] = right_half ? middle : walk.left[level];
    walk.right[level + 1] = right_half ? walk.right[level] : middle;
  }
  walk.leaf = leaf;
  walk.left_price = walk.base * growth(walk.left[kLevels]);
  walk.right_price = walk.base * growth(walk.right[kLevels]);
}

PriceWalks::Walk::Jump PriceWalks::jump_of(std::size_t symbol, std::uint64_t block) const {
  const std::uint64_t hash = jump_.at(block << 24U ^ static_cast<std::uint64_t>(symbol));
  if (hash % kJumpEvery != 0) return {};
  const double size = 0.01 + 0.02 * unit(mix(hash));
  return {unit(mix(hash + 1)), (hash & 64U) != 0 ? size : -size};
}

// A jump stands at once and fades in a straight line over the length of a block.
double PriceWalks::jumps_at(Walk& walk, std::size_t symbol, std::uint64_t ts) const {
  const std::uint64_t block = ts >> kJumpBits;
  if (block != walk.jump_block) {
    walk.jumps = {block == 0 ? Walk::Jump{} : jump_of(symbol, block - 1), jump_of(symbol, block)};
    walk.jump_block = block;
  }
  if (walk.jumps[0].size == 0 && walk.jumps[1].size == 0) return 0;
  const double now = static_cast<double>(ts & ((std::uint64_t{1} << kJumpBits) - 1)) * 0x1p-42;
  const double before = 1 - (1 + now - walk.jumps[0].at);
  const double present = 1 - (now - walk.jumps[1].at);
  return (before > 0 ? walk.jumps[0].size * before : 0) + (present <= 1 ? walk.jumps[1].size * present : 0);
}

}  // namespace tickerhouse::sources

// What happens on the simulated market: trade n is a function of (seed, symbols, rate, start, n), its time
// included.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "market/price.h"
#include "sources/simulator/walk.h"

namespace tickerhouse::sources {

struct TradesOptions {
  std::uint64_t seed = 0;
  double rate = 1;  // per second
  std::size_t symbols = 1;
  base::TsNanos start = 0;
};

// Times of a steady rate: trade n happens at a random moment of the n-th slot, so times ascend with n.
class Schedule {
 public:
  Schedule(std::uint64_t seed, double rate, base::TsNanos start);
  [[nodiscard]] base::TsNanos time(std::uint64_t n) const;
  [[nodiscard]] std::uint64_t first_slot_from(
      base::TsNanos ts) const;  // the least n whose slot begins at ts or later
  [[nodiscard]] std::uint64_t slots_within(base::DurationNanos duration) const;  // whole ones

 private:
  static constexpr unsigned kFractionBits = 24;
  Noise jitter_;
  base::TsNanos start_;
  std::uint64_t slot_;  // nanoseconds, kFractionBits of them behind the point
};

struct SimulatedTrade {
  std::size_t symbol = 0;
  market::Price price;
  market::Size size;
};

class Trades {
 public:
  explicit Trades(const TradesOptions& options);
  [[nodiscard]] const Schedule& schedule() const { return schedule_; }
  SimulatedTrade at(std::uint64_t n);

 private:
  [[nodiscard]] std::size_t pick_symbol(std::uint64_t hash) const;
  [[nodiscard]] market::Size pick_size(std::uint64_t hash, base::TsNanos ts) const;

  Noise noise_;
  Schedule schedule_;
  PriceWalks walks_;
  // Walker's alias method: a column is taken as it is below its threshold, else its alias.
  struct Column {
    std::uint32_t threshold = 0;
    std::uint32_t alias = 0;
  };
  std::vector<Column> columns_;
};

}  // namespace tickerhouse::sources

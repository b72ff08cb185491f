#include "sources/simulator/trades.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tickerhouse::sources {
namespace {

constexpr std::uint64_t kTradePurpose = 4;
constexpr std::uint64_t kTimePurpose = 5;
constexpr std::int64_t kTick = 10'000'000;  // 0.01
constexpr std::int64_t kShare = 1'000'000;

}  // namespace

Schedule::Schedule(std::uint64_t seed, double rate, base::TsNanos start)
    : jitter_(seed, kTimePurpose),
      start_(start),
      slot_(static_cast<std::uint64_t>(1e9 / rate * (1U << kFractionBits))) {
  slot_ = std::max<std::uint64_t>(slot_, 1);
}

base::TsNanos Schedule::time(std::uint64_t n) const {
  const base::Uint128 offset = static_cast<base::Uint128>(slot_) * n + below(jitter_.at(n), slot_);
  return start_ + static_cast<base::TsNanos>(offset >> kFractionBits);
}

std::uint64_t Schedule::first_slot_from(base::TsNanos ts) const {
  if (ts <= start_) return 0;
  const base::Uint128 offset = static_cast<base::Uint128>(ts - start_) << kFractionBits;
  return static_cast<std::uint64_t>((offset + slot_ - 1) / slot_);
}

std::uint64_t Schedule::slots_within(base::DurationNanos duration) const {
  return static_cast<std::uint64_t>((static_cast<base::Uint128>(duration) << kFractionBits) / slot_);
}

Trades::Trades(const TradesOptions& options)
    : noise_(options.seed, kTradePurpose),
      schedule_(options.seed, options.rate, options.start),
      walks_(options.seed, options.symbols),
      columns_(options.symbols) {
  // Zipf-Mandelbrot: the i-th symbol trades in proportion to 1 / (i + 3).
  const std::size_t count = options.symbols;
  std::vector<double> share(count);
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += share[i] = 1.0 / (static_cast<double>(i) + 3);
  std::vector<std::size_t> small;
  std::vector<std::size_t> large;
  for (std::size_t i = 0; i < count; ++i) {
    share[i] *= static_cast<double>(count) / sum;
    (share[i] < 1 ? small : large).push_back(i);
  }
  for (std::size_t i = 0; i < count; ++i) columns_[i] = {0xFFFFFFFFU, static_cast<std::uint32_t>(i)};
  while (!small.empty() && !large.empty()) {
    const std::size_t s = small.back();
    const std::size_t l = large.back();
    small.pop_back();
    columns_[s] = {static_cast<std::uint32_t>(share[s] * 0x1p32), static_cast<std::uint32_t>(l)};
    share[l] -= 1 - share[s];
    if (share[l] >= 1) continue;
    large.pop_back();
    small.push_back(l);
  }
}

std::size_t Trades::pick_symbol(std::uint64_t hash) const {
  const auto column = static_cast<std::size_t>(below(hash, columns_.size()));
  const auto low = static_cast<std::uint32_t>(mix(hash));
  return low < columns_[column].threshold ? column : columns_[column].alias;
}

// Round lots with a long tail, three times as large at the ends of the (UTC) day as in its middle; one in
// sixteen is an odd fraction.
market::Size Trades::pick_size(std::uint64_t hash, base::TsNanos ts) const {
  const double of_day = static_cast<double>(ts % base::kDay) / static_cast<double>(base::kDay);
  const double shape = 1 + 2 * (2 * of_day - 1) * (2 * of_day - 1);
  const auto lots = static_cast<double>((1 + (hash & 7U)) << std::min(std::countr_zero(hash >> 8U), 8));
  const auto shares = static_cast<std::int64_t>(lots * shape * 5) + 1;
  if ((hash >> 60U) != 0) return {shares * kShare};
  return {shares * 1000 + static_cast<std::int64_t>(hash >> 40U & 1023U)};
}

SimulatedTrade Trades::at(std::uint64_t n) {
  const std::uint64_t hash = noise_.at(n);
  const std::uint64_t more = mix(hash + 1);
  const base::TsNanos ts = schedule_.time(n);
  SimulatedTrade trade;
  trade.symbol = pick_symbol(hash);
  const double middle = walks_.price(trade.symbol, ts) * 100;  // in ticks
  // Half a spread of one tick or two basis points: trades bounce between its sides.
  const double half_spread = std::max(1.0, middle * 0.0002) / 2;
  const double ticks = (more & 1U) != 0 ? middle + half_spread : middle - half_spread;
  trade.price.units = std::max<std::int64_t>(1, std::llround(ticks)) * kTick;
  trade.size = pick_size(mix(more), ts);
  return trade;
}

}  // namespace tickerhouse::sources

// What goes wrong on the way from the market to us: each event has one fate, a function of (seed, n).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "market/reject.h"
#include "sources/simulator/trades.h"

namespace tickerhouse::sources {

enum class Fault : std::uint8_t {
  none,
  late,          // beyond the bound: half of them within the allowed lateness, half beyond
  out_of_order,  // within the bound, so never late
  duplicate,     // delivered a second time, within the bound
  gap,           // never delivered
  malformed,     // its line is damaged
  future,        // its time lies far after its receive time
};
inline constexpr std::size_t kFaults = 7;
const char* fault_name(Fault fault);

using FaultRates = std::map<Fault, double>;
// "late=0.01" into rates: a known name and a number from 0 to 1.
base::Status parse_fault(std::string_view text, FaultRates& rates);

struct FateOptions {
  std::uint64_t seed = 0;
  FaultRates rates;  // their sum is at most 1
  base::DurationNanos bound = 0;
  base::DurationNanos allowed_lateness = 0;
};

struct Fate {
  Fault fault = Fault::none;
  // Of late and out_of_order ones the slot of the only delivery, of duplicates that of the second: after what
  // is delivered in it anyway.
  std::uint64_t slot = 0;
};

class Fates {
 public:
  Fates(const FateOptions& options, const Schedule& schedule);
  [[nodiscard]] Fate at(std::uint64_t n) const;
  [[nodiscard]] std::uint64_t displacement_max() const { return displacement_max_; }  // slots

 private:
  [[nodiscard]] std::uint64_t slot_within_bound(std::uint64_t n, std::uint64_t hash) const;
  [[nodiscard]] std::uint64_t slot_beyond_bound(std::uint64_t n, std::uint64_t hash) const;

  FateOptions options_;
  const Schedule& schedule_;
  Noise noise_;
  std::array<std::uint64_t, kFaults> limits_{};  // of a 63-bit hash, ascending
  std::uint64_t within_bound_ = 0;               // slots an event may be put off without being late
  std::uint64_t displacement_max_ = 0;
};

// Damages `line`, a record of our own shape without LF, in one of several ways picked by the hash; what a
// decoder has to say to it. It still begins with '{'.
market::RejectReason damage_line(std::string& line, std::uint64_t hash);

}  // namespace tickerhouse::sources

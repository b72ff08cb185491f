// The simulated market as a source, and the same stream as text. A function of its options: the same options
// give the same bytes, on any machine, and any position of the source goes on exactly as the first run did.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "flow/source.h"
#include "sources/simulator/faults.h"

namespace tickerhouse::sources {

inline constexpr std::size_t kSimulatorSymbolsMax = 10'000;
inline constexpr const char* kSimulatorName = "simulator";

struct SimulatorOptions {
  std::uint64_t seed = 1;
  std::uint64_t events = 0;  // that happen; faults drop some and deliver some twice
  double rate = 1000;        // per second of event time, 0.001 to 1e9
  std::vector<std::string> symbols;
  base::TsNanos start = 0;
  FaultRates faults;
  // Settings of ingest: what late, out of order and in the future mean.
  base::DurationNanos bound = 5 * base::kSecond;
  base::DurationNanos allowed_lateness = 2 * base::kMinute;
  base::DurationNanos skew = 5 * base::kSecond;
};

// Well-known tickers, then made-up ones; count is at most kSimulatorSymbolsMax.
std::vector<std::string> default_symbols(std::size_t count);

// invalid_argument, each mistake a line: no symbols or too many or bad ones, rate, sum of faults, times
// beyond 2262.
base::Status check(const SimulatorOptions& options);

// Not live: as fast as it is polled, and then finished. The position is damaged or of other options:
// `configuration`. Raw bytes are there for rejects and events in the future only: a list of allowed symbols
// does not go with it.
base::Result<std::unique_ptr<flow::Source>> make_simulator(const SimulatorOptions& options);

// The records as the source delivers them, one by one.
class SimulatorRecords {
 public:
  static base::Result<std::unique_ptr<SimulatorRecords>> open(const SimulatorOptions& options);
  virtual ~SimulatorRecords() = default;

  virtual bool next() = 0;  // false: that was the last one
  // Of the record next() came to.
  [[nodiscard]] virtual bool malformed() const = 0;
  [[nodiscard]] virtual const market::EventRow& row()
      const = 0;  // without string indices; not if it is malformed
  [[nodiscard]] virtual const std::string& symbol() const = 0;
  virtual void append_line(
      std::string& out) const = 0;  // as text of our own shape, or its damaged bytes, with LF
};

}  // namespace tickerhouse::sources

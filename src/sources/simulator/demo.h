// The market of the demo: a live source without an end. When its directory is new it first sends what
// happened in the time before, flat out; from then on each trade at its moment.
//
//   |-- catch-up, bounded ----|-- segment --------|-- segment ------ ...
//   past                      first start         restart, or other faults
//
// A segment is a simulation of its own: trade n is a function of (seed, start, n). Its successor goes on with
// the numbers and the prices; what the old one has put off still comes. The position holds the segments, so
// that a change of the faults is on the tape with the events it made.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/source.h"
#include "sources/simulator/simulator.h"

namespace tickerhouse::sources {

inline constexpr const char* kDemoName = "demo";

struct DemoOptions {
  SimulatorOptions market;                          // rate: of the present; start and events are not used
  base::DurationNanos catch_up = 24 * base::kHour;  // 0: none
  double catch_up_rate = 0;                         // per second; 0: one event per symbol
  // Told of every record in its order, from the thread that polls; row is null for one that is malformed. May
  // be empty.
  std::function<void(const std::string& symbol, const market::EventRow* row)> observe;
};

class DemoSource : public flow::Source {
 public:
  // From any thread; in effect from the next poll on. invalid_argument as check() says.
  virtual base::Status set_faults(const FaultRates& faults) = 0;
  [[nodiscard]] virtual FaultRates faults() const = 0;
  [[nodiscard]] virtual double caught_up() const = 0;  // fraction of the way to the present, 1 = there
  // Every record of windows from here on is told to observe(); kNoTime: of all.
  [[nodiscard]] virtual base::TsNanos observed_from() const = 0;
};

base::Result<std::unique_ptr<DemoSource>> make_demo(const DemoOptions& options, base::Clock& clock);

}  // namespace tickerhouse::sources

// Judges the pipeline while it runs: told of every simulated record, it knows the true bars, and compares
// each settled one with its own, once. It is a sink of topic `settled` without a target.
#pragma once

#include <functional>
#include <memory>

#include "flow/sink.h"
#include "flow/status.h"
#include "sources/simulator/truth.h"

namespace tickerhouse::sources {

struct OracleOptions {
  TruthOptions truth;
  flow::SinkPosition begin;  // bars settled before are not judged
  // Of windows that start earlier not everything was seen: they are not judged either.
  std::function<base::TsNanos()> observed_from;
};

class Oracle : public flow::Sink {
 public:
  virtual void observe(const std::string& symbol, const market::EventRow* row) = 0;  // null: malformed
  [[nodiscard]] virtual flow::OracleScore score() const = 0;                         // from any thread
};

std::unique_ptr<Oracle> make_oracle(const OracleOptions& options);

}  // namespace tickerhouse::sources

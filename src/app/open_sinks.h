// The sinks that a configuration asks for, opened on a data directory.
#pragma once

#include <memory>
#include <vector>

#include "app/config/config.h"
#include "app/directory/data_directory.h"
#include "flow/sink.h"
#include "flow/store.h"

namespace tickerhouse::app {

class OpenSinks {
 public:
  virtual ~OpenSinks() = default;
  [[nodiscard]] virtual const std::vector<flow::Sink*>& all() const = 0;
  [[nodiscard]] virtual flow::Store* store() = 0;  // null if it is switched off; outlives a reopening
  // After a failure, before the sink is restored.
  virtual base::Status reopen(flow::Sink& sink) = 0;
};

// A damaged store is moved aside, said once, and rebuilt from the tape.
base::Result<std::unique_ptr<OpenSinks>> open_sinks(const Config& config, const OpenDirectory& directory);

}  // namespace tickerhouse::app

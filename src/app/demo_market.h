// The demo: the simulated market of the present, and the oracle that judges what becomes of it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "app/config/config.h"
#include "app/directory/data_directory.h"
#include "app/process/session.h"
#include "sources/simulator/demo.h"
#include "sources/simulator/oracle.h"

namespace tickerhouse::app {

// "10" symbols, or their names.
base::Result<std::vector<std::string>> simulated_symbols(const Config& config);

struct DemoFlags {
  std::optional<std::uint64_t> seed;  // 1, if none is given
  std::vector<std::string> faults;    // NAME=RATE
};

struct DemoMarket {
  std::unique_ptr<sources::Oracle> oracle;  // outlives the source, which tells it
  std::unique_ptr<sources::DemoSource> source;
  std::size_t symbols = 0;
  double rate = 0;
};
base::Result<DemoMarket> open_demo(const Config& config, const OpenDirectory& directory,
                                   const DemoFlags& flags);

// What the session shows and steers of it.
void attach_demo(DemoMarket& demo, SessionOptions& options);

}  // namespace tickerhouse::app

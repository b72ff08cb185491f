#include "app/demo_market.h"

#include <array>
#include <charconv>

#include "app/config/settings.h"
#include "base/clock.h"

namespace tickerhouse::app {
namespace {

constexpr double kDemoRate = 50;
constexpr double kFaultRateMax = 0.2;
constexpr std::array<sources::Fault, 5> kSteered = {sources::Fault::late, sources::Fault::duplicate,
                                                    sources::Fault::malformed, sources::Fault::out_of_order,
                                                    sources::Fault::gap};

serve::DemoFaults shown(const sources::FaultRates& rates) {
  serve::DemoFaults faults;
  for (const sources::Fault fault : kSteered) {
    const auto rate = rates.find(fault);
    faults[sources::fault_name(fault)] = rate == rates.end() ? 0 : rate->second;
  }
  return faults;
}

base::Status steer(sources::DemoSource& source, const serve::DemoFaults& faults) {
  sources::FaultRates rates;
  for (const auto& [name, rate] : faults) {
    const auto known = std::find_if(kSteered.begin(), kSteered.end(), [&name = name](sources::Fault fault) {
      return name == sources::fault_name(fault);
    });
    if (known == kSteered.end()) return base::Error{base::ErrorCode::invalid_argument, "no such fault", name};
    if (!(rate >= 0 && rate <= kFaultRateMax))
      return base::Error{base::ErrorCode::invalid_argument, "expected a rate from 0 to 0.2", name};
    if (rate > 0) rates[*known] = rate;
  }
  return source.set_faults(rates);
}

}  // namespace

base::Result<std::vector<std::string>> simulated_symbols(const Config& config) {
  const std::string& text = config.simulator_symbols;
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return split_list(text);
  if (count >= 1 && count <= sources::kSimulatorSymbolsMax) return sources::default_symbols(count);
  return base::Error{base::ErrorCode::configuration, "expected 1 to 10000 symbols, or their names",
                     "simulator.symbols"};
}

base::Result<DemoMarket> open_demo(const Config& config, const OpenDirectory& directory,
                                   const DemoFlags& flags) {
  const engine::Settings& settings = directory.settings;
  sources::DemoOptions options;
  options.market.seed = flags.seed.value_or(1);
  options.market.rate = config.given("simulator.rate") ? config.simulator_rate : kDemoRate;
  options.market.bound = settings.bound;
  options.market.allowed_lateness = settings.allowed_lateness;
  options.market.skew = settings.skew;
  options.catch_up = config.demo_catch_up;
  ASSIGN_OR_RETURN(options.market.symbols, simulated_symbols(config));
  for (const std::string& fault : flags.faults)
    RETURN_IF_ERROR(sources::parse_fault(fault, options.market.faults));

  DemoMarket demo;
  demo.symbols = options.market.symbols.size();
  demo.rate = options.market.rate;
  sources::OracleOptions judging;
  judging.truth = {settings.intervals, settings.bound, settings.allowed_lateness, settings.skew};
  for (std::uint16_t p = 0; p < settings.partitions; ++p) {
    ASSIGN_OR_RETURN((judging.begin[{flow::Topic::settled, p}]),
                     directory.tape->end(flow::Topic::settled, p));
  }
  auto source = std::make_shared<sources::DemoSource*>(nullptr);  // known below
  judging.observed_from = [source] { return (*source)->observed_from(); };
  demo.oracle = sources::make_oracle(judging);
  options.observe = [oracle = demo.oracle.get()](const std::string& symbol, const market::EventRow* row) {
    oracle->observe(symbol, row);
  };
  ASSIGN_OR_RETURN(demo.source, sources::make_demo(options, base::system_clock()));
  *source = demo.source.get();
  return demo;
}

void attach_demo(DemoMarket& demo, SessionOptions& options) {
  options.source = demo.source.get();
  options.oracle = demo.oracle.get();
  options.process.source_kind = "simulated";
  options.process.caught_up = [source = demo.source.get()] { return source->caught_up(); };
  options.process.oracle = [oracle = demo.oracle.get()] { return std::optional(oracle->score()); };
  options.demo_faults = [source = demo.source.get()] { return shown(source->faults()); };
  options.set_demo_faults = [source = demo.source.get()](const serve::DemoFaults& faults) {
    return steer(*source, faults);
  };
}

}  // namespace tickerhouse::app

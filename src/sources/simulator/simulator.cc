#include "sources/simulator/simulator.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "market/symbol.h"
#include "sources/simulator/records.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint32_t kSimulatorPositionVersion = 1;
constexpr base::TsNanos kTimeLimit =
    106'000 * base::kDay;  // 2260: whatever is late or in the future stays readable

constexpr std::array<const char*, 60> kTickers = {
    "AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA", "META", "NFLX", "AMD", "INTC",  "JPM", "V",
    "JNJ",  "WMT",  "PG",    "MA",   "UNH",  "HD",   "DIS",  "BAC",  "XOM", "KO",    "PFE", "CSCO",
    "PEP",  "ADBE", "CRM",   "ORCL", "CVX",  "ABT",  "COST", "MRK",  "NKE", "TMO",   "MCD", "QCOM",
    "TXN",  "LIN",  "HON",   "AVGO", "IBM",  "GE",   "CAT",  "BA",   "MMM", "GS",    "AXP", "UPS",
    "SBUX", "PYPL", "UBER",  "SHOP", "SNOW", "PLTR", "COIN", "F",    "GM",  "BRK.B", "T",   "VZ"};

// What a position belongs to.
base::Hash128 fingerprint(const SimulatorOptions& options) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(kSimulatorPositionVersion);
  out.put(options.seed);
  out.put(options.events);
  out.put(options.rate);
  out.put(options.start);
  out.put(options.bound);
  out.put(options.allowed_lateness);
  out.put(options.skew);
  for (const auto& [fault, rate] : options.faults)
    if (rate > 0) {
      out.put(fault);
      out.put(rate);
    }
  for (const std::string& symbol : options.symbols) out.put_text(symbol);
  return base::hash128(bytes);
}

class Simulator final : public flow::Source {
 public:
  explicit Simulator(const SimulatorOptions& options)
      : info_{kSimulatorName, flow::Origin::simulated, false},
        fingerprint_(fingerprint(options)),
        records_(options),
        taker_(options.symbols.size()) {}

  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }

  base::Status restore(std::string_view position) override {
    base::ByteReader in(position);
    const auto hash = in.get<base::Hash128>();
    const auto cursor = in.get<DeliveryCursor>();
    const base::Error other{base::ErrorCode::configuration,
                            "this directory was filled by a simulation with other options; give the same "
                            "ones, or another directory",
                            info_.name};
    if (!in.at_end() || hash != fingerprint_) return other;
    if (!records_.delivery().go_to(cursor)) return other;
    return {};
  }

  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override {
    taker_.begin(batch, info_.name);
    std::size_t taken = 0;
    while (taken < records_max && records_.next()) {
      taker_.take(records_, batch);
      ++taken;
    }
    taker_.finish(batch);
    if (taken > 0) {
      base::ByteWriter out(batch.position);
      out.put(fingerprint_);
      out.put(records_.delivery().cursor());
    }
    return taken < records_max ? flow::PollState::finished : flow::PollState::more;
  }

 private:
  flow::SourceInfo info_;
  base::Hash128 fingerprint_;
  Records records_;
  RecordBatch taker_;
};

}  // namespace

std::vector<std::string> default_symbols(std::size_t count) {
  CHECK(count <= kSimulatorSymbolsMax);
  std::vector<std::string> symbols(
      kTickers.begin(), kTickers.begin() + static_cast<std::ptrdiff_t>(std::min(count, kTickers.size())));
  const std::set<std::string> known(kTickers.begin(), kTickers.end());
  // Four letters, scattered: a prime walks through all 26^4.
  constexpr std::uint64_t kCodes = 26ULL * 26 * 26 * 26;
  for (std::uint64_t i = 1; symbols.size() < count; ++i) {
    std::uint64_t code = i * 270'029 % kCodes;
    std::string symbol;
    for (int letter = 0; letter < 4; ++letter, code /= 26)
      symbol.push_back(static_cast<char>('A' + code % 26));
    if (!known.contains(symbol)) symbols.push_back(symbol);
  }
  return symbols;
}

base::Status check(const SimulatorOptions& options) {
  std::string what;
  const auto wrong = [&what](bool is_wrong, const std::string& text) {
    if (is_wrong) what.append(what.empty() ? "" : "\n").append(text);
  };
  const std::size_t count = options.symbols.size();
  wrong(count == 0 || count > kSimulatorSymbolsMax, "symbols: 1 to 10000 of them");
  std::set<std::string> seen;
  for (const std::string& symbol : options.symbols) {
    wrong(!market::is_valid_symbol(symbol), "symbols: not a symbol: " + symbol);
    wrong(!seen.insert(symbol).second, "symbols: given twice: " + symbol);
  }
  const bool good_rate = options.rate >= 0.001 && options.rate <= 1e9;
  wrong(!good_rate, "rate: 0.001 to 1000000000 a second");
  double sum = 0;
  bool each = true;
  for (const auto& [fault, rate] : options.faults) {
    each = each && (fault != Fault::none || rate == 0) && rate >= 0 && rate <= 1;
    sum += rate;
  }
  wrong(!each || sum > 1.0000001, "faults: each rate is 0 to 1, and so is their sum");
  wrong(options.bound < 0 || options.allowed_lateness < 0 || options.skew < 0,
        "bound, allowed lateness and skew: not below 0");
  const double room = static_cast<double>(kTimeLimit - std::max<base::TsNanos>(options.start, 0));
  wrong(options.start < 0 || options.start >= kTimeLimit ||
            (good_rate && static_cast<double>(options.events) / options.rate * 1e9 > room),
        "start: the events must lie between 1970 and 2260");
  if (!what.empty()) return base::Error{base::ErrorCode::invalid_argument, what, "simulator"};
  return {};
}

base::Result<std::unique_ptr<flow::Source>> make_simulator(const SimulatorOptions& options) {
  RETURN_IF_ERROR(check(options));
  return std::unique_ptr<flow::Source>(std::make_unique<Simulator>(options));
}

base::Result<std::unique_ptr<SimulatorRecords>> SimulatorRecords::open(const SimulatorOptions& options) {
  RETURN_IF_ERROR(check(options));
  return std::unique_ptr<SimulatorRecords>(std::make_unique<Records>(options));
}

}  // namespace tickerhouse::sources

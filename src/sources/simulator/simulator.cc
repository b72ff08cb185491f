#include "sources/simulator/simulator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash.h"
#include "formats/output.h"
#include "market/symbol.h"
#include "sources/simulator/delivery.h"
#include "sources/simulator/trades.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint64_t kDamagePurpose = 8;
constexpr std::uint64_t kFuturePurpose = 9;
constexpr std::uint32_t kPositionVersion = 1;
constexpr base::TsNanos kTimeLimit =
    106'000 * base::kDay;  // 2260: whatever is late or in the future stays readable

constexpr std::array<const char*, 60> kTickers = {
    "AAPL", "MSFT", "GOOGL", "AMZN", "TSLA", "NVDA", "META", "NFLX", "AMD", "INTC",  "JPM", "V",
    "JNJ",  "WMT",  "PG",    "MA",   "UNH",  "HD",   "DIS",  "BAC",  "XOM", "KO",    "PFE", "CSCO",
    "PEP",  "ADBE", "CRM",   "ORCL", "CVX",  "ABT",  "COST", "MRK",  "NKE", "TMO",   "MCD", "QCOM",
    "TXN",  "LIN",  "HON",   "AVGO", "IBM",  "GE",   "CAT",  "BA",   "MMM", "GS",    "AXP", "UPS",
    "SBUX", "PYPL", "UBER",  "SHOP", "SNOW", "PLTR", "COIN", "F",    "GM",  "BRK.B", "T",   "VZ"};

DeliveryOptions delivery_options(const SimulatorOptions& options) {
  return {{options.seed, options.rate, options.symbols.size(), options.start},
          {options.seed, options.faults, options.bound, options.allowed_lateness},
          options.events};
}

// What a position belongs to.
base::Hash128 fingerprint(const SimulatorOptions& options) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(kPositionVersion);
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

// Turns deliveries into rows and lines.
class Records final : public SimulatorRecords {
 public:
  explicit Records(const SimulatorOptions& options)
      : options_(options),
        trades_(delivery_options(options).trades),
        delivery_(delivery_options(options), trades_.schedule()),
        damage_(options.seed, kDamagePurpose),
        future_(options.seed, kFuturePurpose) {
    row_.kind = market::EventKind::trade;
  }

  bool next() override {
    if (!delivery_.next(delivered_)) return false;
    const std::uint64_t n = delivered_.event;
    const SimulatedTrade trade = trades_.at(n);
    symbol_ = trade.symbol;
    row_.ts_event = trades_.schedule().time(n);
    row_.ts_recv = delivered_.ts_recv;
    if (delivered_.fault == Fault::future)
      row_.ts_event = row_.ts_recv + options_.skew + 1 +
                      static_cast<base::DurationNanos>(below(future_.at(n), base::kDay));
    row_.seq = static_cast<std::int64_t>(n + 1);
    row_.trade.price = trade.price;
    row_.trade.size = trade.size;
    set_id(n + 1);
    return true;
  }
  [[nodiscard]] bool malformed() const override { return delivered_.fault == Fault::malformed; }
  [[nodiscard]] const market::EventRow& row() const override { return row_; }
  [[nodiscard]] const std::string& symbol() const override { return options_.symbols[symbol_]; }
  void append_line(std::string& out) const override {
    if (malformed()) {
      append_damaged(out);
      out.push_back('\n');
    } else {
      formats::append_event_json(out, row_, {symbol(), {}, kSimulatorName, {}});
    }
  }

  market::RejectReason append_damaged(std::string& out) const {
    std::string line;
    formats::append_event_json(line, row_, {symbol(), {}, kSimulatorName, {}});
    line.pop_back();
    const market::RejectReason reason = damage_line(line, damage_.at(delivered_.event));
    out.append(line);
    return reason;
  }
  [[nodiscard]] std::size_t symbol_index() const { return symbol_; }
  [[nodiscard]] const Delivered& delivered() const { return delivered_; }
  [[nodiscard]] Delivery& delivery() { return delivery_; }

 private:
  void set_id(std::uint64_t number) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    market::set_trade_id(row_, {digits.data(), static_cast<std::size_t>(end - digits.data())});
  }

  SimulatorOptions options_;
  Trades trades_;
  Delivery delivery_;
  Noise damage_;
  Noise future_;
  Delivered delivered_;
  std::size_t symbol_ = 0;
  market::EventRow row_;
};

class Simulator final : public flow::Source {
 public:
  explicit Simulator(const SimulatorOptions& options)
      : info_{kSimulatorName, flow::Origin::simulated, false},
        fingerprint_(fingerprint(options)),
        records_(options),
        local_(options.symbols.size()) {}

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
    if (batch.files.empty()) batch.files.push_back(info_.name);
    raw_.clear();
    raw_uses_.clear();
    ++epoch_;
    std::size_t taken = 0;
    while (taken < records_max && records_.next()) {
      take(batch);
      ++taken;
    }
    for (const RawUse& use : raw_uses_) {
      flow::RecordOrigin& origin = use.reject ? batch.rejects[use.index].origin : batch.origins[use.index];
      origin.raw = std::string_view(raw_).substr(use.begin, use.size);
    }
    if (taken > 0) {
      base::ByteWriter out(batch.position);
      out.put(fingerprint_);
      out.put(records_.delivery().cursor());
    }
    return taken < records_max ? flow::PollState::finished : flow::PollState::more;
  }

 private:
  // Bytes that a record of the batch borrows, known by place until no more are added.
  struct RawUse {
    bool reject = false;
    std::size_t index = 0;
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  void take(flow::SourceBatch& batch) {
    const std::uint64_t number = records_.delivered().number;
    const std::size_t begin = raw_.size();
    if (records_.malformed()) {
      flow::RejectedRecord& reject = batch.rejects.emplace_back();
      reject.reason = records_.append_damaged(raw_);
      reject.origin.line = number;
      reject.events_before = static_cast<std::uint32_t>(batch.events.rows.size());
      reject.raw_length = raw_.size() - begin;
      raw_uses_.push_back({true, batch.rejects.size() - 1, begin, raw_.size() - begin});
      return;
    }
    market::EventRow& row = batch.events.rows.emplace_back(records_.row());
    row.symbol = local_symbol(batch);
    batch.origins.emplace_back().line = number;
    if (records_.delivered().fault == Fault::future) {
      records_.append_line(raw_);
      raw_.pop_back();
      raw_uses_.push_back({false, batch.origins.size() - 1, begin, raw_.size() - begin});
    }
  }

  std::uint16_t local_symbol(flow::SourceBatch& batch) {
    Local& local = local_[records_.symbol_index()];
    if (local.epoch != epoch_) local = {epoch_, batch.events.strings.intern(records_.symbol())};
    return local.index;
  }

  flow::SourceInfo info_;
  base::Hash128 fingerprint_;
  Records records_;
  // A symbol's place in the strings of the batch in hand.
  struct Local {
    std::uint64_t epoch = 0;
    std::uint16_t index = 0;
  };
  std::vector<Local> local_;
  std::uint64_t epoch_ = 0;
  std::string raw_;
  std::vector<RawUse> raw_uses_;
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

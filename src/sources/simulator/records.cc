#include "sources/simulator/records.h"

#include <array>
#include <charconv>

#include "base/int128.h"
#include "formats/output.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint64_t kDamagePurpose = 8;
constexpr std::uint64_t kFuturePurpose = 9;

DeliveryOptions delivery_options(const SimulatorOptions& options) {
  return {{options.seed, options.rate, options.symbols.size(), options.start},
          {options.seed, options.faults, options.bound, options.allowed_lateness},
          options.events};
}

}  // namespace

Records::Records(const SimulatorOptions& options, std::uint64_t first_number)
    : options_(options),
      first_number_(first_number),
      trades_(delivery_options(options).trades),
      delivery_(delivery_options(options), trades_.schedule()),
      damage_(options.seed, kDamagePurpose),
      future_(options.seed, kFuturePurpose) {
  row_.kind = market::EventKind::trade;
}

bool Records::next() {
  if (!delivery_.next(delivered_)) return false;
  const std::uint64_t n = delivered_.event;
  const SimulatedTrade trade = trades_.at(n);
  symbol_ = trade.symbol;
  row_.ts_event = trades_.schedule().time(n);
  row_.ts_recv = delivered_.ts_recv;
  if (delivered_.fault == Fault::future)
    row_.ts_event =
        row_.ts_recv + options_.skew + 1 + static_cast<base::DurationNanos>(below(future_.at(n), base::kDay));
  row_.seq = static_cast<std::int64_t>(first_number_ + n + 1);
  row_.trade.price = trade.price;
  row_.trade.size = trade.size;
  set_id(first_number_ + n + 1);
  return true;
}

void Records::append_line(std::string& out) const {
  if (malformed()) {
    append_damaged(out);
    out.push_back('\n');
  } else {
    formats::append_event_json(out, row_, {symbol(), {}, kSimulatorName, {}});
  }
}

market::RejectReason Records::append_damaged(std::string& out) const {
  std::string line;
  formats::append_event_json(line, row_, {symbol(), {}, kSimulatorName, {}});
  line.pop_back();
  const market::RejectReason reason = damage_line(line, damage_.at(delivered_.event));
  out.append(line);
  return reason;
}

void Records::set_id(std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  market::set_trade_id(row_, {digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void RecordBatch::begin(flow::SourceBatch& batch, const std::string& source) {
  if (batch.files.empty()) batch.files.push_back(source);
  raw_.clear();
  raw_uses_.clear();
  ++epoch_;
}

void RecordBatch::take(const Records& records, flow::SourceBatch& batch) {
  const std::uint64_t number = records.delivered().number;
  const std::size_t begin = raw_.size();
  if (records.malformed()) {
    flow::RejectedRecord& reject = batch.rejects.emplace_back();
    reject.reason = records.append_damaged(raw_);
    reject.origin.line = number;
    reject.events_before = static_cast<std::uint32_t>(batch.events.rows.size());
    reject.raw_length = raw_.size() - begin;
    raw_uses_.push_back({true, batch.rejects.size() - 1, begin, raw_.size() - begin});
    return;
  }
  market::EventRow& row = batch.events.rows.emplace_back(records.row());
  row.symbol = local_symbol(records, batch);
  batch.origins.emplace_back().line = number;
  if (records.delivered().fault == Fault::future) {
    records.append_line(raw_);
    raw_.pop_back();
    raw_uses_.push_back({false, batch.origins.size() - 1, begin, raw_.size() - begin});
  }
}

void RecordBatch::finish(flow::SourceBatch& batch) {
  for (const RawUse& use : raw_uses_) {
    flow::RecordOrigin& origin = use.reject ? batch.rejects[use.index].origin : batch.origins[use.index];
    origin.raw = std::string_view(raw_).substr(use.begin, use.size);
  }
}

std::uint16_t RecordBatch::local_symbol(const Records& records, flow::SourceBatch& batch) {
  Local& local = local_[records.symbol_index()];
  if (local.epoch != epoch_) local = {epoch_, batch.events.strings.intern(records.symbol())};
  return local.index;
}

}  // namespace tickerhouse::sources

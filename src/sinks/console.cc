#include "sinks/console.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/int128.h"
#include "market/batch.h"

namespace tickerhouse::sinks {
namespace {

using market::BarRow;

// 1234567.5 -> 1,234,567.5
std::string grouped(base::Int128 value, int scale) {
  std::string text;
  base::append_decimal(text, value, scale);
  std::size_t place = std::min(text.find('.'), text.size());
  const std::size_t first = text.front() == '-' ? 1 : 0;
  while (place > first + 3) text.insert(place -= 3, 1, ',');
  return text;
}

// At least cents, and every digit that is there.
std::string money(market::Price price) {
  std::string text = grouped(price.units, market::kPriceScale);
  std::size_t point = text.find('.');
  if (point == std::string::npos) {
    point = text.size();
    text.push_back('.');
  }
  while (text.size() - point < 3) text.push_back('0');
  return text;
}

class ConsoleSink final : public flow::Sink {
 public:
  ConsoleSink(ConsoleOptions options, std::ostream& out, base::Clock& clock)
      : options_(std::move(options)),
        out_(out),
        clock_(clock),
        position_(options_.begin),
        last_(clock.monotonic_now()) {}

  const flow::SinkInfo& info() const override { return info_; }
  base::Result<flow::SinkPosition> restore() override { return position_; }

  base::Status apply(const flow::ResultBatch& batch) override {
    flow::Offset& next = position_[{batch.topic, batch.partition}];
    if (batch.rows.next <= next) return {};
    const std::uint64_t known = next > batch.rows.first ? next.value - batch.rows.first.value : 0;
    const market::BatchView<BarRow> view(batch.rows.bytes);
    for (std::uint64_t i = batch.rows.skip + known; i < view.row_count(); ++i) {
      const BarRow& bar = view.rows()[i];
      if (options_.interval != 0 && bar.interval != options_.interval) continue;
      take(view.string(bar.symbol), bar, {batch.partition, batch.rows.first.value + i - batch.rows.skip});
    }
    next = batch.rows.next;
    return {};
  }

  base::Result<flow::SinkPosition> flush() override {
    if (!waiting_.empty()) print_newest();
    out_.flush();
    if (!out_) return base::Error{base::ErrorCode::io, "cannot write", "console"};
    return position_;
  }

 private:
  struct Place {
    std::uint16_t partition = 0;
    std::uint64_t offset = 0;
  };
  struct Line {
    std::uint64_t order = 0;
    std::string text;
  };

  void take(std::string_view symbol, const BarRow& bar, Place place) {
    ++bars_;
    trades_ += bar.trade_count;
    if (options_.lines_per_second == 0) {
      out_ << line(symbol, bar, place);
    } else {
      Line& waiting = waiting_[{std::string(symbol), bar.interval}];
      if (!waiting.text.empty()) ++left_out_;
      waiting = {bars_, line(symbol, bar, place)};
    }
    if (options_.totals_every != 0 && bars_ % options_.totals_every == 0) print_totals();
  }

  // A bucket that holds one second's worth of lines.
  std::size_t lines_now() {
    const base::DurationNanos now = clock_.monotonic_now();
    const base::DurationNanos per_line = base::kSecond / options_.lines_per_second;
    saved_ = std::min<base::DurationNanos>(base::kSecond, saved_ + (now - last_));
    last_ = now;
    const base::DurationNanos lines = saved_ / per_line;
    return static_cast<std::size_t>(lines);
  }

  void print_newest() {
    std::vector<const Line*> lines;
    lines.reserve(waiting_.size());
    for (const auto& [key, waiting] : waiting_) lines.push_back(&waiting);
    std::sort(lines.begin(), lines.end(), [](const Line* a, const Line* b) { return a->order < b->order; });
    const std::size_t count = std::min(lines.size(), lines_now());
    left_out_ += lines.size() - count;
    for (std::size_t i = lines.size() - count; i < lines.size(); ++i) out_ << lines[i]->text;
    saved_ -= static_cast<base::DurationNanos>(count) * (base::kSecond / options_.lines_per_second);
    waiting_.clear();
  }

  std::string line(std::string_view symbol, const BarRow& bar, Place place) const {
    const bool changed =
        options_.colours && (bar.known & market::known::kPctChange) != 0 && bar.pct_change != 0;
    std::string text = !changed ? "" : bar.pct_change > 0 ? "\x1b[32m" : "\x1b[31m";
    text.append(symbol).append(" | $").append(money(bar.close)).append(" | Vol: ");
    text.append((bar.known & market::known::kVolume) != 0 ? grouped(bar.volume, market::kSizeScale) : "-");
    text.append(" | Partition: ")
        .append(std::to_string(place.partition))
        .append(" | Offset: ")
        .append(std::to_string(place.offset));
    return text.append(changed ? "\x1b[0m\n" : "\n");
  }

  void print_totals() {
    out_ << "Total: " << grouped(static_cast<base::Int128>(bars_), 0) << " bars of " << grouped(trades_, 0)
         << " trades";
    if (left_out_ != 0) out_ << ", " << grouped(static_cast<base::Int128>(left_out_), 0) << " not shown";
    out_ << "\n";
  }

  const flow::SinkInfo info_{"console", {flow::Topic::bars}};
  ConsoleOptions options_;
  std::ostream& out_;
  base::Clock& clock_;
  flow::SinkPosition position_;
  std::map<std::pair<std::string, base::DurationNanos>, Line>
      waiting_;  // the newest bar of each symbol and interval since the last flush
  std::uint64_t bars_ = 0;
  std::uint64_t left_out_ = 0;
  base::Int128 trades_ = 0;
  base::DurationNanos saved_ = base::kSecond;
  base::TsNanos last_;
};

}  // namespace

std::unique_ptr<flow::Sink> make_console_sink(const ConsoleOptions& options, std::ostream& out,
                                              base::Clock& clock) {
  return std::make_unique<ConsoleSink>(options, out, clock);
}

}  // namespace tickerhouse::sinks

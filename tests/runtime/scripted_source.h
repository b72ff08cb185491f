// A source that hands out what a test tells it to, and a clock that stands where the test puts it.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/source.h"

namespace tickerhouse::runtime {

class FakeClock final : public base::Clock {
 public:
  base::TsNanos wall = 1'800'000'000 * base::kSecond;
  base::DurationNanos monotonic = 0;
  base::TsNanos wall_now() override { return wall; }
  base::DurationNanos monotonic_now() override { return monotonic; }
  void sleep_for(base::DurationNanos duration) override { advance(duration); }
  void advance(base::DurationNanos duration) {
    wall += duration;
    monotonic += duration;
  }
};

struct ScriptedEvent {
  std::string symbol;
  market::EventRow row;
};

inline ScriptedEvent trade(std::string symbol, base::TsNanos ts, std::int64_t price_units,
                           std::int64_t size_units = 1'000'000) {
  ScriptedEvent event;
  event.symbol = std::move(symbol);
  event.row.ts_event = ts;
  event.row.trade.price.units = price_units;
  event.row.trade.size.units = size_units;
  return event;
}

// Events up to `available` are handed out; then idle, or finished if the script is a finite input.
class ScriptedSource final : public flow::Source {
 public:
  ScriptedSource(std::string name, bool live)
      : info_{std::move(name), live ? flow::Origin::live : flow::Origin::recorded, live} {}
  std::vector<ScriptedEvent> script;

  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }
  base::Status restore(std::string_view position) override {
    next_ = static_cast<std::size_t>(std::stoul(std::string(position)));
    return {};
  }
  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override {
    if (batch.files.empty()) batch.files.push_back(info_.name);
    const std::size_t end = std::min(script.size(), next_ + records_max);
    for (; next_ < end; ++next_) {
      market::EventRow row = script[next_].row;
      row.symbol = batch.events.strings.intern(script[next_].symbol);
      batch.events.rows.push_back(row);
      batch.origins.push_back({"raw", next_ + 1, 0, 0});
    }
    if (!batch.origins.empty()) batch.position = std::to_string(next_);
    if (next_ < script.size()) return flow::PollState::more;
    return info_.live ? flow::PollState::idle : flow::PollState::finished;
  }

 private:
  flow::SourceInfo info_;
  std::size_t next_ = 0;
};

}  // namespace tickerhouse::runtime

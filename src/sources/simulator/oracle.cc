#include "sources/simulator/oracle.h"

#include <mutex>
#include <utility>

#include "formats/output.h"

namespace tickerhouse::sources {
namespace {

class OracleImpl final : public Oracle {
 public:
  explicit OracleImpl(const OracleOptions& options)
      : position_(options.begin), truth_(options.truth), observed_from_(options.observed_from) {}

  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }
  base::Result<flow::SinkPosition> restore() override { return position_; }

  base::Status apply(const flow::ResultBatch& batch) override {
    const market::BatchView<market::BarRow> view(batch.rows.bytes);
    const std::lock_guard lock(mutex_);
    for (std::uint64_t i = batch.rows.skip; i < view.row_count(); ++i)
      judge(std::string(view.string(view.rows()[i].symbol)), view.rows()[i]);
    position_[{batch.topic, batch.partition}] = batch.rows.next;
    return {};
  }
  base::Result<flow::SinkPosition> flush() override { return position_; }

  void observe(const std::string& symbol, const market::EventRow* row) override {
    const std::lock_guard lock(mutex_);
    if (row == nullptr) {
      truth_.observe_reject();
    } else {
      truth_.observe(symbol, *row);
    }
  }
  [[nodiscard]] flow::OracleScore score() const override {
    const std::lock_guard lock(mutex_);
    return score_;
  }

 private:
  void judge(const std::string& symbol, const market::BarRow& bar) {
    const auto expected = truth_.take_bar(symbol, bar.interval, bar.window_start);
    if (observed_from_ && bar.window_start < observed_from_()) return;
    std::string line;
    formats::append_bar_csv(line, symbol, bar);
    // What follows the values, state, revision and quality, is about the way of the bar.
    line.pop_back();
    for (int column = 0; column < 3; ++column) line.erase(line.rfind(','));
    ++score_.judged;
    if (expected == line) {
      ++score_.exact;
    } else if (score_.first_wrong.empty()) {
      score_.first_wrong =
          std::string("bar ").append(line).append(", truth ").append(expected.value_or("has none"));
    }
  }

  const flow::SinkInfo info_{
      .name = "oracle", .topics = {flow::Topic::settled}, .pace = {}, .durable = false};
  flow::SinkPosition position_;
  mutable std::mutex mutex_;
  TrueBars truth_;
  flow::OracleScore score_;
  std::function<base::TsNanos()> observed_from_;
};

}  // namespace

std::unique_ptr<Oracle> make_oracle(const OracleOptions& options) {
  return std::make_unique<OracleImpl>(options);
}

}  // namespace tickerhouse::sources

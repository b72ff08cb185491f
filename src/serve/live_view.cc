#include "serve/live_view.h"

#include <utility>

#include "base/check.h"
#include "market/batch.h"
#include "serve/live/live_state.h"

namespace tickerhouse::serve {
namespace {

constexpr base::DurationNanos kPace = 20 * base::kMillisecond;

class LiveSink final : public flow::Sink {
 public:
  explicit LiveSink(LiveState& state) : state_(state) {}
  void begin(flow::SinkPosition position) { position_ = std::move(position); }

  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }
  base::Result<flow::SinkPosition> restore() override { return position_; }
  base::Result<flow::SinkPosition> flush() override { return position_; }

  base::Status apply(const flow::ResultBatch& batch) override {
    flow::Offset& next = position_[{batch.topic, batch.partition}];
    if (batch.rows.next <= next) return {};
    const std::uint64_t first = batch.rows.first.value;
    std::uint64_t known = next.value > first ? next.value - first : 0;
    for (std::uint64_t i = batch.rows.skip + known; i < batch.rows.bytes.row_count(); ++i, ++known)
      take(batch, static_cast<std::uint32_t>(i), {batch.topic, batch.partition, first + known});
    next = batch.rows.next;
    return {};
  }

 private:
  void take(const flow::ResultBatch& batch, std::uint32_t i, const RowPlace& place) {
    const market::BatchBytes& bytes = batch.rows.bytes;
    if (batch.topic == flow::Topic::bars) {
      const market::BarRow& row = market::BatchView<market::BarRow>(bytes).rows()[i];
      state_.bar(bytes.string(row.symbol), row, place);
    } else if (batch.topic == flow::Topic::late) {
      const market::EventRow& row = market::EventBatchView(bytes).rows()[i];
      state_.late(bytes.string(row.symbol), row, place);
    } else if (batch.topic == flow::Topic::rejects) {
      const market::RejectRow& row = market::BatchView<market::RejectRow>(bytes).rows()[i];
      state_.rejected(bytes.string(row.source), row, place);
    }
  }

  const flow::SinkInfo info_{
      "live", {flow::Topic::bars, flow::Topic::late, flow::Topic::rejects}, {kPace, 0}, false};
  LiveState& state_;
  flow::SinkPosition position_;
};

class LiveViewImpl final : public LiveView {
 public:
  LiveViewImpl(const LiveViewOptions& options, base::Clock& clock)
      : partitions_(options.partitions), state_(options.intervals, clock), sink_(state_) {}

  base::Status load(flow::Store& store) {
    // The position first: what the store takes in between comes once more, and changes nothing then.
    ASSIGN_OR_RETURN(flow::SinkPosition position, store.position());
    flow::BarQuery query;
    query.newest_of_each = kLiveWindows;
    RETURN_IF_ERROR(store.scan_bars(
        query, [this](std::string_view symbol, const market::BarRow& row) { state_.load(symbol, row); }));
    sink_.begin(std::move(position));
    return {};
  }

  flow::Sink& sink() override { return sink_; }
  void forming(std::uint16_t partition, std::span<const flow::FormingBar> bars) override {
    CHECK(partition < partitions_);
    state_.forming(bars);
  }
  LiveState& state() override { return state_; }

 private:
  std::uint16_t partitions_;
  LiveState state_;
  LiveSink sink_;
};

}  // namespace

base::Result<std::unique_ptr<LiveView>> LiveView::open(const LiveViewOptions& options, flow::Store* store,
                                                       base::Clock& clock) {
  if (options.intervals.empty())
    return base::Error{base::ErrorCode::configuration, "no intervals", "live view"};
  auto view = std::make_unique<LiveViewImpl>(options, clock);
  if (store != nullptr) RETURN_IF_ERROR(view->load(*store));
  return std::unique_ptr<LiveView>(std::move(view));
}

}  // namespace tickerhouse::serve

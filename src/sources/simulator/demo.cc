#include "sources/simulator/demo.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "sources/simulator/records.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint32_t kDemoPositionVersion = 1;
constexpr std::uint64_t kEndless = std::uint64_t{1} << 48U;
constexpr base::DurationNanos kNapMax = 20 * base::kMillisecond;

// What a segment is made of.
struct SegmentPlan {
  std::uint64_t first_number = 0;  // events of the segments before
  std::uint64_t events = kEndless;
  double rate = 0;
  base::TsNanos start = 0;
  FaultRates faults;
};

class Segment {
 public:
  Segment(SegmentPlan plan, const SimulatorOptions& market)
      : plan_(std::move(plan)),
        market_(with(market, plan_)),
        records_(std::make_unique<Records>(market_, plan_.first_number)) {}

  // Looks at the next record without taking it; false if there is none.
  bool peek() {
    if (has_next_) return true;
    before_ = records_->delivery().cursor();
    has_next_ = records_->next();
    return has_next_;
  }
  void take() { has_next_ = false; }
  [[nodiscard]] const Records& records() const { return *records_; }
  [[nodiscard]] const SegmentPlan& plan() const { return plan_; }
  [[nodiscard]] DeliveryCursor cursor() const { return has_next_ ? before_ : records_->delivery().cursor(); }
  // When the trade after the last one would be due at the earliest.
  [[nodiscard]] base::TsNanos end_time() const {
    return std::max(plan_.start, records_->schedule().time(plan_.events - 1) + 1);
  }

  bool go_to(const DeliveryCursor& cursor) {
    has_next_ = false;
    return records_->delivery().go_to(cursor);
  }
  // Nothing new happens in it from here on; what is put off still comes.
  void end_here() {
    const DeliveryCursor at = cursor();
    plan_.events = std::min(plan_.events, at.slot + 1);
    market_ = with(market_, plan_);
    records_ = std::make_unique<Records>(market_, plan_.first_number);
    go_to(at);
  }

 private:
  static SimulatorOptions with(SimulatorOptions market, const SegmentPlan& plan) {
    market.events = plan.events;
    market.rate = plan.rate;
    market.start = plan.start;
    market.faults = plan.faults;
    return market;
  }
  SegmentPlan plan_;
  SimulatorOptions market_;
  std::unique_ptr<Records> records_;
  DeliveryCursor before_;
  bool has_next_ = false;
};

class Demo final : public DemoSource {
 public:
  Demo(const DemoOptions& options, base::Clock& clock)
      : info_{kDemoName, flow::Origin::simulated, true},
        options_(options),
        clock_(clock),
        faults_(options.market.faults),
        taker_(options.market.symbols.size()) {
    const base::TsNanos now = clock_.wall_now();
    SegmentPlan first;
    if (options_.catch_up > 0) {
      first.rate = options_.catch_up_rate > 0 ? options_.catch_up_rate
                                              : static_cast<double>(options_.market.symbols.size());
      first.start = now - options_.catch_up;
      first.events = static_cast<std::uint64_t>(first.rate * static_cast<double>(options_.catch_up) / 1e9);
    } else {
      first.rate = options_.market.rate;
      first.start = now;
      first.faults = options_.market.faults;
    }
    first_time_ = first.start;
    segments_.emplace_back(std::move(first), options_.market);
  }

  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }

  base::Status restore(std::string_view position) override {
    base::ByteReader in(position);
    const base::Error other{
        base::ErrorCode::configuration,
        "this directory holds a demo with other symbols or another seed; give the same ones, "
        "or another directory",
        info_.name};
    if (position.empty()) return {};  // started, and killed before the first event
    if (in.get<std::uint32_t>() != kDemoPositionVersion || in.get<base::Hash128>() != fingerprint())
      return other;
    std::deque<Segment> segments;
    for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
      SegmentPlan plan;
      plan.first_number = in.get<std::uint64_t>();
      plan.events = in.get<std::uint64_t>();
      plan.rate = in.get<double>();
      plan.start = in.get<base::TsNanos>();
      for (auto faults = in.get<std::uint32_t>(); faults > 0 && in.ok(); --faults) {
        const auto fault = in.get<Fault>();
        plan.faults[fault] = in.get<double>();
      }
      const auto cursor = in.get<DeliveryCursor>();
      if (!in.ok() || plan.events == 0 || plan.rate <= 0) return other;
      segments.emplace_back(std::move(plan), options_.market);
      if (!segments.back().go_to(cursor)) return other;
    }
    if (!in.at_end() || segments.empty()) return other;
    segments_ = std::move(segments);
    observed_from_ = clock_.wall_now();
    first_time_ = segments_.back().plan().start;
    // A catch-up goes on where it stood; the present opens a new segment.
    if (segments_.back().plan().events == kEndless) open_segment(clock_.wall_now());
    return {};
  }

  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override {
    apply_faults();
    taker_.begin(batch, info_.name);
    const base::TsNanos now = clock_.wall_now();
    base::TsNanos due = now;
    std::size_t taken = 0;
    for (; taken < records_max; ++taken) {
      Segment* segment = next_segment();
      due = segment->records().delivered().ts_recv;
      if (due > now) break;
      take(*segment, batch);
    }
    taker_.finish(batch);
    if (taken > 0) append_position(batch.position);
    if (taken == records_max) return flow::PollState::more;
    reached_ = now;
    if (taken > 0) return flow::PollState::more;
    clock_.sleep_for(std::clamp<base::DurationNanos>(due - clock_.wall_now(), 0, kNapMax));
    return flow::PollState::idle;
  }

  base::Status set_faults(const FaultRates& faults) override {
    SimulatorOptions wanted = options_.market;
    wanted.faults = faults;
    RETURN_IF_ERROR(check(wanted));
    const std::lock_guard lock(mutex_);
    faults_ = faults;
    return {};
  }
  [[nodiscard]] FaultRates faults() const override {
    const std::lock_guard lock(mutex_);
    return faults_;
  }
  [[nodiscard]] double caught_up() const override {
    const base::TsNanos now = clock_.wall_now();
    const base::TsNanos reached = reached_;
    constexpr base::DurationNanos kThere = 5 * base::kSecond;
    if (reached == base::kNoTime) return 0;
    if (now - reached < kThere || now <= first_time_) return 1;
    return std::clamp(static_cast<double>(reached - first_time_) / static_cast<double>(now - first_time_),
                      0.0, 1.0);
  }
  [[nodiscard]] base::TsNanos observed_from() const override { return observed_from_; }

 private:
  [[nodiscard]] base::Hash128 fingerprint() const {
    std::string bytes;
    base::ByteWriter out(bytes);
    out.put(options_.market.seed);
    for (const std::string& symbol : options_.market.symbols) out.put_text(symbol);
    return base::hash128(bytes);
  }

  void append_position(std::string& position) {
    base::ByteWriter out(position);
    out.put(kDemoPositionVersion);
    out.put(fingerprint());
    out.put(static_cast<std::uint32_t>(segments_.size()));
    for (const Segment& segment : segments_) {
      const SegmentPlan& plan = segment.plan();
      out.put(plan.first_number);
      out.put(plan.events);
      out.put(plan.rate);
      out.put(plan.start);
      out.put(static_cast<std::uint32_t>(plan.faults.size()));
      for (const auto& [fault, rate] : plan.faults) {
        out.put(fault);
        out.put(rate);
      }
      out.put(segment.cursor());
    }
  }

  // The segment whose next record comes first; the last one always has one.
  Segment* next_segment() {
    for (auto segment = segments_.begin(); segment + 1 != segments_.end();)
      segment = segment->peek() ? segment + 1 : segments_.erase(segment);
    if (!segments_.back().peek()) open_segment(segments_.back().end_time());
    Segment* first = nullptr;
    for (Segment& segment : segments_)
      if (segment.peek() &&
          (first == nullptr || segment.records().delivered().ts_recv < first->records().delivered().ts_recv))
        first = &segment;
    return first;
  }

  void take(Segment& segment, flow::SourceBatch& batch) {
    const Records& records = segment.records();
    taker_.take(records, batch);
    if (options_.observe) options_.observe(records.symbol(), records.malformed() ? nullptr : &records.row());
    if (records.delivered().ts_recv > reached_) reached_ = records.delivered().ts_recv;
    segment.take();
  }

  void open_segment(base::TsNanos at_least) {
    Segment& last = segments_.back();
    last.end_here();
    SegmentPlan plan;
    plan.first_number = last.plan().first_number + last.plan().events;
    plan.rate = options_.market.rate;
    plan.start = std::max(at_least, last.end_time());
    plan.faults = faults();
    segments_.emplace_back(std::move(plan), options_.market);
  }

  void apply_faults() {
    const Segment& last = segments_.back();
    if (last.plan().events != kEndless || last.plan().faults == faults()) return;
    open_segment(0);
  }

  flow::SourceInfo info_;
  DemoOptions options_;
  base::Clock& clock_;
  mutable std::mutex mutex_;
  FaultRates faults_;
  std::deque<Segment> segments_;
  RecordBatch taker_;
  base::TsNanos first_time_ = 0;
  std::atomic<base::TsNanos> observed_from_ = base::kNoTime;
  std::atomic<base::TsNanos> reached_ = base::kNoTime;
};

}  // namespace

base::Result<std::unique_ptr<DemoSource>> make_demo(const DemoOptions& options, base::Clock& clock) {
  SimulatorOptions market = options.market;
  market.start = clock.wall_now();
  RETURN_IF_ERROR(check(market));
  return std::unique_ptr<DemoSource>(std::make_unique<Demo>(options, clock));
}

}  // namespace tickerhouse::sources

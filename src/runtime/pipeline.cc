// The end travels down the stages: ingest is done → a shard is done once it has nothing left to step → a sink
// is done once all shards are and it has nothing left to apply. A failure anywhere ends all; the tape makes
// that safe.
#include "runtime/pipeline.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/check.h"
#include "runtime/bell.h"
#include "runtime/sink_host.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kPatience = 20 * base::kMillisecond;
constexpr base::DurationNanos kPaceGrain = 50 * base::kMillisecond;
constexpr base::DurationNanos kBlockedNotice = 10 * base::kSecond;

// What the stages tell each other beside the tape.
class Run {
 public:
  Run(base::Clock& clock, const std::atomic<bool>& stop, base::DurationNanos stop_within)
      : clock_(clock), stop_(stop), stop_within_(stop_within) {}

  Bell bell;
  std::atomic<bool> ingest_done = false;
  std::atomic<std::uint32_t> shards_left = 0;

  void fail(base::Error error) {
    {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::move(error);
    }
    failed_ = true;
    bell.ring();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool stopping() const { return stop_; }
  // A stop was asked for so long ago that even what is appended is left for the next start.
  [[nodiscard]] bool out_of_time() {
    if (!stop_) return false;
    base::DurationNanos none = 0;
    const base::DurationNanos now = clock_.monotonic_now();
    stop_seen_at_.compare_exchange_strong(none, now);
    return now - stop_seen_at_ > stop_within_;
  }
  [[nodiscard]] std::optional<base::Error> error() {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  base::Clock& clock_;
  const std::atomic<bool>& stop_;
  base::DurationNanos stop_within_;
  std::atomic<base::DurationNanos> stop_seen_at_ = 0;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::optional<base::Error> error_;
};

enum class Turn { worked, waiting, done };

// Ingest with pacing and patience for space.
class IngestStage {
 public:
  IngestStage(const PipelineOptions& options, Ingest* ingest, base::Clock& clock, const PipelineHooks& hooks,
              Run& run)
      : options_(options), ingest_(ingest), clock_(clock), hooks_(hooks), run_(run) {
    if (ingest == nullptr) run.ingest_done = true;
    if (ingest != nullptr && options.speed > 0) ingest->limit_batch(batch_);
  }

  base::Result<Turn> turn() {
    if (run_.ingest_done) return Turn::done;
    if (run_.stopping()) {
      end_ = PipelineEnd::stopped;
      RETURN_IF_ERROR(ingest_->stop());
      return finish();
    }
    if (clock_.monotonic_now() < resume_at_) return Turn::waiting;
    ASSIGN_OR_RETURN(const IngestState state, ingest_->step());
    if (state != IngestState::blocked) blocked_since_.reset();
    if (hooks_.on_progress) hooks_.on_progress(ingest_->progress());
    switch (state) {
      case IngestState::progressed:
        pace();
        return Turn::worked;
      case IngestState::idle:
        return Turn::waiting;
      case IngestState::blocked:
        return wait_for_space();
      case IngestState::cut_off:
        end_ = PipelineEnd::cut_off;
        return finish();
      case IngestState::finished:
        return finish();
    }
    CHECK(false);
  }
  [[nodiscard]] PipelineEnd end() const { return end_; }

 private:
  Turn finish() {
    run_.ingest_done = true;
    return Turn::done;
  }
  // ×N: the next step waits until the clock has caught up with the events just read. Never reaches the tape.
  void pace() {
    if (options_.speed <= 0 || ingest_->last_ts_event() == base::kNoTime) return;
    if (!first_event_) {
      first_event_ = last_event_ = ingest_->last_ts_event();
      started_at_ = clock_.monotonic_now();
    }
    fit_batch();
    const auto ahead = static_cast<double>(ingest_->last_ts_event() - *first_event_) / options_.speed;
    resume_at_ = started_at_ + static_cast<base::DurationNanos>(std::clamp(ahead, 0.0, 1e18));
  }
  // A batch is to last kPaceGrain, whatever the rate and the speed: it comes all at once.
  void fit_batch() {
    const base::TsNanos lasted =
        ingest_->last_ts_event() - std::exchange(last_event_, ingest_->last_ts_event());
    const double wanted = static_cast<double>(kPaceGrain) * options_.speed;
    const double fitting =
        static_cast<double>(batch_) * wanted / static_cast<double>(std::max<base::TsNanos>(lasted, 1));
    batch_ = static_cast<std::size_t>(std::clamp(fitting, 1.0, 2.0 * static_cast<double>(batch_)));
    batch_ = std::min(batch_, options_.ingest.batch_records_max);
    ingest_->limit_batch(batch_);
  }
  base::Result<Turn> wait_for_space() {
    const base::DurationNanos now = clock_.monotonic_now();
    if (!blocked_since_) {
      blocked_since_ = now;
      notice_at_ = now;
    }
    if (now >= notice_at_) {
      notice_at_ += kBlockedNotice;
      if (hooks_.on_blocked) hooks_.on_blocked(now - *blocked_since_);
    }
    if (now - *blocked_since_ >= options_.wait_space)
      return base::Error{base::ErrorCode::no_space,
                         "still no room on the tape or the disk; start again once there is, nothing is lost",
                         ""};
    return Turn::waiting;
  }

  const PipelineOptions& options_;
  Ingest* ingest_;
  base::Clock& clock_;
  const PipelineHooks& hooks_;
  Run& run_;
  PipelineEnd end_ = PipelineEnd::finished;
  std::optional<base::TsNanos> first_event_;
  base::TsNanos last_event_ = 0;
  std::size_t batch_ = 1;  // records of the next step, if paced
  base::DurationNanos started_at_ = 0;
  base::DurationNanos resume_at_ = 0;
  std::optional<base::DurationNanos> blocked_since_;
  base::DurationNanos notice_at_ = 0;
};

class ShardStage {
 public:
  ShardStage(std::unique_ptr<ShardHost> host, Run& run) : host_(std::move(host)), run_(run) {}

  base::Result<Turn> turn() {
    if (done_) return Turn::done;
    const bool last_words =
        run_.ingest_done;  // asked before the step: what ingest wrote last is then seen by it
    ASSIGN_OR_RETURN(const StepState state, host_->step());
    if (state == StepState::progressed && !run_.out_of_time()) return Turn::worked;
    if (state == StepState::blocked && run_.stopping()) return finish();
    if ((state == StepState::idle && last_words) || run_.out_of_time()) {
      RETURN_IF_ERROR(host_->save_checkpoint());
      return finish();
    }
    return Turn::waiting;
  }

 private:
  Turn finish() {
    done_ = true;
    --run_.shards_left;
    return Turn::done;
  }
  std::unique_ptr<ShardHost> host_;
  Run& run_;
  bool done_ = false;
};

class SinkStage {
 public:
  SinkStage(std::unique_ptr<SinkHost> host, base::Clock& clock, Run& run)
      : host_(std::move(host)), clock_(clock), run_(run) {}

  base::Result<Turn> turn() {
    if (done_) return Turn::done;
    const bool last_words = run_.shards_left == 0;
    if (!last_words) {
      ASSIGN_OR_RETURN(const bool due, host_->due(clock_.monotonic_now()));
      if (!due) return Turn::waiting;
    }
    ASSIGN_OR_RETURN(const StepState state, host_->step());
    if (state == StepState::progressed && !run_.out_of_time()) return Turn::worked;
    done_ = last_words || run_.out_of_time();
    return done_ ? Turn::done : Turn::waiting;
  }

 private:
  std::unique_ptr<SinkHost> host_;
  base::Clock& clock_;
  Run& run_;
  bool done_ = false;
};

// Several stages take turns on the calling thread until all are done or the run has failed.
class Rota {
 public:
  using Stage = std::function<base::Result<Turn>()>;
  explicit Rota(Run& run) : run_(run) {}
  void add(Stage stage) { stages_.push_back(std::move(stage)); }
  [[nodiscard]] bool empty() const { return stages_.empty(); }

  // seed 0: in order; else the order of each round is drawn from it.
  void work(std::uint64_t seed) {
    bool all_done = false;
    while (!all_done && !run_.failed()) {
      const std::uint64_t seen = run_.bell.count();
      bool worked = false;
      all_done = true;
      if (seed != 0) shuffle(seed);
      for (const Stage& stage : stages_) {
        auto turn = stage();
        if (!turn.ok()) {
          run_.fail(turn.error());
          return;
        }
        worked = worked || *turn == Turn::worked;
        all_done = all_done && *turn == Turn::done;
      }
      if (worked || all_done) {
        run_.bell.ring();
      } else {
        run_.bell.wait(seen, kPatience);
      }
    }
  }

 private:
  void shuffle(std::uint64_t& state) {
    for (std::size_t i = stages_.size(); i > 1;
         --i) {  // xorshift64*: any order will do, the same for the same seed
      state ^= state >> 12U;
      state ^= state << 25U;
      state ^= state >> 27U;
      std::swap(stages_[i - 1], stages_[state * 0x2545F4914F6CDD1DULL % i]);
    }
  }
  Run& run_;
  std::vector<Stage> stages_;
};

struct Stages {
  std::unique_ptr<Ingest> ingest;
  std::vector<std::unique_ptr<ShardStage>> shards;
  std::vector<std::unique_ptr<SinkStage>> sinks;
};

base::Result<Stages> open_stages(const PipelineOptions& options, const PipelineParts& parts, Run& run,
                                 const PipelineHooks& hooks) {
  Stages stages;
  for (std::uint16_t p = 0; p < options.shard.settings.partitions; ++p) {
    ShardHostOptions shard = options.shard;
    shard.partition = p;
    std::vector<std::string> notes;
    ASSIGN_OR_RETURN(auto host, ShardHost::open(shard, parts.tape, parts.disk, notes));
    if (hooks.on_note)
      for (const std::string& note : notes) hooks.on_note(note);
    stages.shards.push_back(std::make_unique<ShardStage>(std::move(host), run));
  }
  run.shards_left = static_cast<std::uint32_t>(stages.shards.size());
  SinkHostOptions of_sinks;
  of_sinks.partitions = options.shard.settings.partitions;
  of_sinks.flush_interval = options.flush_interval;
  for (flow::Sink* sink : parts.sinks) {
    ASSIGN_OR_RETURN(auto host, SinkHost::open(of_sinks, parts.tape, *sink));
    stages.sinks.push_back(std::make_unique<SinkStage>(std::move(host), parts.clock, run));
  }
  if (parts.source != nullptr) {
    ASSIGN_OR_RETURN(stages.ingest, Ingest::open(options.ingest, parts.tape, *parts.source, parts.clock));
  }
  return stages;
}

std::size_t worker_count(const PipelineOptions& options) {
  std::size_t wanted = options.threads;
  if (wanted == 0) wanted = std::max(1U, std::thread::hardware_concurrency());
  return std::min<std::size_t>(wanted, options.shard.settings.partitions);
}

}  // namespace

base::Result<PipelineEnd> run_pipeline(const PipelineOptions& options, const PipelineParts& parts,
                                       const PipelineHooks& hooks) {
  Run run(parts.clock, parts.stop, options.stop_within);
  ASSIGN_OR_RETURN(Stages stages, open_stages(options, parts, run, hooks));
  IngestStage ingest(options, stages.ingest.get(), parts.clock, hooks, run);

  std::vector<Rota> rotas;
  const std::size_t workers = options.one_thread ? 1 : worker_count(options);
  const std::size_t rota_count = options.one_thread ? 1 : 1 + workers + stages.sinks.size();
  for (std::size_t i = 0; i < rota_count; ++i) rotas.emplace_back(run);
  const auto rota_of = [&](std::size_t index) -> Rota& {
    return options.one_thread ? rotas[0] : rotas[index];
  };
  rota_of(0).add([&ingest] { return ingest.turn(); });
  for (std::size_t p = 0; p < stages.shards.size(); ++p)
    rota_of(1 + p % workers).add([shard = stages.shards[p].get()] { return shard->turn(); });
  for (std::size_t s = 0; s < stages.sinks.size(); ++s)
    rota_of(1 + workers + s).add([sink = stages.sinks[s].get()] { return sink->turn(); });

  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < rotas.size(); ++i) threads.emplace_back([&rotas, i] { rotas[i].work(0); });
    rotas[0].work(options.one_thread ? std::max<std::uint64_t>(1, options.seed) : 0);
  }
  if (auto error = run.error()) return *error;
  return ingest.end();
}

}  // namespace tickerhouse::runtime

#include "runtime/worker.h"

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <thread>
#include <utility>

#include "runtime/shard_stage.h"

namespace tickerhouse::runtime {
namespace {

constexpr base::DurationNanos kWorkPatience = 5 * base::kMillisecond;
constexpr base::DurationNanos kPollPatience = 100 * base::kMillisecond;

// One thread and the shards that take turns on it. They come and go between two turns.
class Lane {
 public:
  explicit Lane(const StageContext& context) : context_(context), thread_([this] { work(); }) {}
  ~Lane() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    bell_.ring();
  }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void add(std::uint16_t partition) {
    ask([this, partition] {
      stages_.emplace(partition, std::make_unique<ShardStage>(context_, partition));
      return base::Status();
    }).wait();
  }
  // The future is ready when the shard is not worked on any more.
  std::future<base::Status> remove(std::uint16_t partition, bool lost) {
    return ask([this, partition, lost] {
      const auto found = stages_.extract(partition);
      return found.empty() || lost ? base::Status() : found.mapped()->save_checkpoint();
    });
  }

 private:
  using Job = std::packaged_task<base::Status()>;

  std::future<base::Status> ask(std::function<base::Status()> what) {
    Job job(std::move(what));
    std::future<base::Status> done = job.get_future();
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    bell_.ring();
    return done;
  }

  // false: the lane has ended.
  bool do_jobs() {
    while (true) {
      Job job;
      {
        const std::lock_guard lock(mutex_);
        if (jobs_.empty()) return !ended_;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  void work() {
    while (true) {
      const std::uint64_t seen = bell_.count();
      if (!do_jobs()) return;
      bool worked = false;
      for (const auto& [partition, stage] : stages_) {
        if (context_.run.failed()) break;
        auto turn = stage->turn();
        if (!turn.ok()) context_.run.fail(turn.error());
        worked = worked || (turn.ok() && *turn == Turn::worked);
      }
      if (!worked) bell_.wait(seen, kWorkPatience);
    }
  }

  const StageContext& context_;
  Bell bell_;
  std::mutex mutex_;
  std::deque<Job> jobs_;
  bool ended_ = false;
  std::map<std::uint16_t, std::unique_ptr<ShardStage>> stages_;  // of the thread
  std::jthread thread_;                                          // last: it uses the rest
};

class Lanes {
 public:
  Lanes(const StageContext& context, std::size_t count) : context_(context) {
    for (std::size_t i = 0; i < count; ++i) lanes_.push_back(std::make_unique<Lane>(context));
  }

  // To the lanes that have least.
  void add(const flow::Partitions& gained) {
    for (const std::uint16_t partition : gained) {
      std::vector<std::size_t> load(lanes_.size());
      for (const auto& [known, lane] : lane_of_) ++load[lane];
      const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
      if (lane_of_.emplace(partition, least).second) lanes_[least]->add(partition);
    }
  }

  void remove(const flow::Partitions& given_up, bool lost) {
    std::vector<std::future<base::Status>> leaving;
    for (const std::uint16_t partition : given_up) {
      const auto found = lane_of_.extract(partition);
      if (!found.empty()) leaving.push_back(lanes_[found.mapped()]->remove(partition, lost));
    }
    for (auto& left : leaving)
      if (const base::Status saved = left.get(); !saved.ok())  // it only saves the successor time
        context_.note(std::string("no checkpoint for the next worker: ").append(saved.error().message()));
  }

  [[nodiscard]] flow::Partitions all() const {
    flow::Partitions partitions;
    for (const auto& [partition, lane] : lane_of_) partitions.push_back(partition);
    return partitions;
  }

 private:
  const StageContext& context_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::map<std::uint16_t, std::size_t> lane_of_;
};

}  // namespace

base::Status run_worker(const PipelineOptions& options, const PipelineParts& parts, flow::WorkGroup& group,
                        const PipelineHooks& hooks, const WorkerHooks& worker) {
  Run run(parts.clock, parts.stop, options.stop_within);
  const StageContext context{options, parts, hooks, run};
  Lanes lanes(context, std::max<std::size_t>(1, options.threads));
  const auto tell = [&] {
    if (worker.on_share) worker.on_share(lanes.all());
  };
  const flow::WorkGroup::Listener listener{[&](const flow::Partitions& gained) {
                                             lanes.add(gained);
                                             tell();
                                           },
                                           [&](const flow::Partitions& given_up, bool lost) {
                                             lanes.remove(given_up, lost);
                                             tell();
                                           }};
  base::Status state;
  while (!parts.stop && !run.failed() && state.ok()) {
    state = group.poll(listener, kPollPatience);
    if (worker.on_look) worker.on_look();
  }
  base::Status left = group.leave(listener);
  lanes.remove(lanes.all(), !left.ok());
  if (const auto error = run.error()) return *error;
  if (!state.ok()) return state;
  return left;
}

}  // namespace tickerhouse::runtime

// Several workers on one tape, partitions moving between them as a group says: the same rows as from one
// pipeline.
#include "runtime/worker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "base/clock.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::runtime {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using Rows = std::map<std::string, std::vector<std::string>>;
constexpr std::uint16_t kWorkPartitions = 4;
constexpr std::size_t kWorkRecords = 6'000;
constexpr int kNobody = -1;

PipelineOptions options_of(Shards shards) {
  PipelineOptions options;
  options.ingest.settings = settings_of(kWorkPartitions, {base::kMinute, 5 * base::kMinute});
  options.ingest.batch_records_max = 50;
  options.shard.settings = options.ingest.settings;
  options.shard.step_rows_max = 7;
  options.shard.checkpoint_rows = 40;
  options.shard.make_operators = bar_operators;
  options.shards = shards;
  options.threads = 2;
  options.stage_patience = base::kHour;
  return options;
}

// Who is to have which partition, and who has it.
class Coordinator {
 public:
  Coordinator() {
    for (std::uint16_t p = 0; p < kWorkPartitions; ++p) parts_.push_back({});
  }
  void give(std::uint16_t partition, int worker) {
    const std::lock_guard lock(mutex_);
    parts_.at(partition).wanted = worker;
  }
  // As after a session that has timed out: the next one gets it while this one still has it in hand.
  void take_away(std::uint16_t partition, int next) {
    const std::lock_guard lock(mutex_);
    Part& part = parts_.at(partition);
    part.wanted = next;
    if (part.holder != kNobody) part.lost_by.insert(part.holder);
    part.holder = kNobody;
  }
  flow::Partitions lost_by(int worker) {
    return select([&](Part& part) { return part.lost_by.erase(worker) > 0; });
  }
  flow::Partitions to_give_up(int worker, bool all) {
    return select([&](const Part& part) { return part.holder == worker && (all || part.wanted != worker); });
  }
  void given_up(const flow::Partitions& partitions) {
    const std::lock_guard lock(mutex_);
    for (const std::uint16_t partition : partitions) parts_.at(partition).holder = kNobody;
  }
  flow::Partitions to_gain(int worker) {
    return select([&](Part& part) {
      if (part.wanted != worker || part.holder != kNobody) return false;
      part.holder = worker;
      return true;
    });
  }

 private:
  struct Part {
    int wanted = kNobody;
    int holder = kNobody;
    std::set<int> lost_by;
  };
  template <typename Is>
  flow::Partitions select(const Is& is) {
    const std::lock_guard lock(mutex_);
    flow::Partitions found;
    for (std::uint16_t p = 0; p < kWorkPartitions; ++p)
      if (is(parts_[p])) found.push_back(p);
    return found;
  }
  std::mutex mutex_;
  std::vector<Part> parts_;
};

class Membership final : public flow::WorkGroup {
 public:
  // hears_late: of what was taken away only after some polls, as a paused process.
  Membership(Coordinator& group, int worker, int hears_late = 0)
      : group_(group), worker_(worker), hears_late_(hears_late) {}
  base::Status poll(const Listener& listener, base::DurationNanos) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (++polls_ % (1 + hears_late_) == 0)
      if (const auto lost = group_.lost_by(worker_); !lost.empty()) listener.given_up(lost, true);
    give_up(listener, false);
    if (const auto gained = group_.to_gain(worker_); !gained.empty()) listener.gained(gained);
    return {};
  }
  base::Status leave(const Listener& listener) override {
    give_up(listener, true);
    return {};
  }

 private:
  void give_up(const Listener& listener, bool all) {
    const auto partitions = group_.to_give_up(worker_, all);
    if (partitions.empty()) return;
    listener.given_up(partitions, false);
    group_.given_up(partitions);
  }
  Coordinator& group_;
  int worker_;
  int hears_late_;
  int polls_ = 0;
};

struct WorkPlace {
  std::unique_ptr<flow::Tape> tape = tape::make_memory_tape();
  FakeDisk disk;
  CheckpointDirectory checkpoints{disk, "d"};
  std::atomic<bool> stop = false;
  std::atomic<int> fenced = 0;
  Coordinator group;

  void ingest(Shards shards) {
    ScriptedSource source("a", mixed_stream(41, kWorkRecords));
    FakeClock clock;
    const std::jthread hands([&](const std::stop_token& ended) {
      while (!ended.stop_requested()) {  // a shard that nobody runs is waited for for long
        clock.pass(shards == Shards::others ? base::kSecond : 5 * base::kMillisecond);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
    const auto end = run_pipeline(options_of(shards), {*tape, &source, {}, clock, &checkpoints, stop}, {});
    ASSERT_TRUE(end.ok()) << end.error().message();
  }
  void work(flow::WorkGroup& membership) {
    PipelineHooks hooks;
    hooks.on_note = [this](const std::string& note) {
      fenced += note.find("another process has taken over this shard") != std::string::npos ? 1 : 0;
    };
    const base::Status worked =
        run_worker(options_of(Shards::group), {*tape, nullptr, {}, base::system_clock(), &checkpoints, stop},
                   membership, hooks, {});
    EXPECT_TRUE(worked.ok()) << worked.error().message();
  }
  [[nodiscard]] flow::Ledger ledger() const { return collect_status(*tape, kWorkPartitions)->total; }
  // Watermarks and ends too, which no ledger counts.
  [[nodiscard]] bool all_stepped() const {
    const auto status = collect_status(*tape, kWorkPartitions);
    return std::all_of(status->partitions.begin(), status->partitions.end(),
                       [](const flow::PartitionStatus& partition) { return partition.waiting == 0; });
  }
  [[nodiscard]] Rows rows() const { return all_rows(*tape, kWorkPartitions, kResults); }
};

struct WorkExpected {
  Rows rows;
  flow::Ledger ledger;
};
const WorkExpected& work_expected() {
  static const WorkExpected once = [] {
    WorkPlace place;
    place.ingest(Shards::ours);
    return WorkExpected{place.rows(), place.ledger()};
  }();
  return once;
}

TEST(Worker, PartitionsMoveAndRowsStayTheSame) {
  WorkPlace place;
  place.ingest(Shards::none);
  EXPECT_LT(place.ledger().received, kWorkRecords);  // rejects alone have reached their end
  Membership first(place.group, 0);
  Membership second(place.group, 1);
  std::jthread one([&] { place.work(first); });
  std::jthread two([&] { place.work(second); });
  Random random(3);
  while (!place.all_stepped()) {
    place.group.give(static_cast<std::uint16_t>(random.below(kWorkPartitions)),
                     static_cast<int>(random.below(2)));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  place.stop = true;
  one.join();
  two.join();
  EXPECT_EQ(place.rows(), work_expected().rows);
  EXPECT_EQ(place.ledger(), work_expected().ledger);
}

TEST(Worker, OneThatHearsLateIsFenced) {
  WorkPlace place;
  place.tape = tape::make_memory_tape({.fail = [](std::string_view) {  // never; but it takes its time
    std::this_thread::sleep_for(std::chrono::microseconds(500));
    return base::Status();
  }});
  place.ingest(Shards::none);
  Membership first(place.group, 0, 40);
  Membership second(place.group, 1, 40);
  std::jthread one([&] { place.work(first); });
  std::jthread two([&] { place.work(second); });
  Random random(4);
  while (!place.all_stepped()) {
    place.group.take_away(static_cast<std::uint16_t>(random.below(kWorkPartitions)),
                          static_cast<int>(random.below(2)));
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
  place.stop = true;
  one.join();
  two.join();
  EXPECT_GT(place.fenced, 0);
  EXPECT_EQ(place.rows(), work_expected().rows);
  EXPECT_EQ(place.ledger(), work_expected().ledger);
}

// What it would do again belongs to the one that has taken over.
TEST(Worker, OneThatIsFencedWhileItStopsEndsWell) {
  WorkPlace place;
  std::atomic<bool> taken = false;
  place.tape = tape::make_memory_tape({.fail = [&](std::string_view step) {
    if (!taken || step != "commit") return base::Status();
    place.stop = true;
    return base::Status(base::Error{base::ErrorCode::busy, "another process has taken over this shard", ""});
  }});
  place.ingest(Shards::none);
  for (std::uint16_t p = 0; p < kWorkPartitions; ++p) place.group.give(p, 0);
  Membership membership(place.group, 0);
  taken = true;
  place.work(membership);
  EXPECT_TRUE(place.stop);
}

// A pipeline on a shared tape leaves its shards to workers that come, and waits for them.
TEST(Worker, APipelineLeavesItsShardsToWorkers) {
  WorkPlace place;
  Membership membership(place.group, 0);
  std::atomic<bool> pipeline_ended = false;
  std::jthread loading([&] {
    place.ingest(Shards::shared);
    pipeline_ended = true;
  });
  for (std::uint16_t p = 0; p < kWorkPartitions; ++p) place.group.give(p, 0);
  std::atomic<bool> stop_worker = false;
  std::jthread worker([&] {
    const base::Status worked =
        run_worker(options_of(Shards::group),
                   {*place.tape, nullptr, {}, base::system_clock(), &place.checkpoints, stop_worker},
                   membership, {}, {});
    EXPECT_TRUE(worked.ok()) << worked.error().message();
  });
  loading.join();
  EXPECT_TRUE(pipeline_ended);
  EXPECT_EQ(place.rows(), work_expected().rows);
  stop_worker = true;
}

// Workers that were there and have gone: after a while the pipeline runs its shards itself.
TEST(Worker, ShardsThatNobodyRunsAreRunHere) {
  WorkPlace place;
  place.ingest(Shards::others);
  EXPECT_EQ(place.rows(), work_expected().rows);
}

}  // namespace
}  // namespace tickerhouse::runtime

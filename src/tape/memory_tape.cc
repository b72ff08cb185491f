#include "tape/memory_tape.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "tape/aligned_copy.h"
#include "tape/commit_rule.h"

namespace tickerhouse::tape {
namespace {

// A reader keeps the batch it handed out, whatever is cut meanwhile.
struct Stored {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  AlignedCopy copy;
  std::string_view bytes;
};
using Partition = std::deque<std::shared_ptr<const Stored>>;

struct State {
  std::mutex mutex;
  std::map<std::pair<flow::Topic, std::uint16_t>, Partition> partitions;
  std::map<std::string, std::string, std::less<>> positions;
  MemoryTapeOptions options;

  base::Status step(std::string_view name) const {
    return options.fail ? options.fail(name) : base::Status();
  }
};

std::uint64_t end_of(const Partition& partition) { return partition.empty() ? 0 : partition.back()->end; }

class MemoryReader final : public flow::TapeReader {
 public:
  MemoryReader(State& state, Partition& partition, std::uint64_t at)
      : state_(state), partition_(partition), at_(at) {}

  base::Result<bool> next(flow::TapeBatch& batch) override {
    RETURN_IF_ERROR(state_.step("read"));
    {
      const std::lock_guard lock(state_.mutex);
      const auto found = std::upper_bound(partition_.begin(), partition_.end(), at_,
                                          [](std::uint64_t at, const auto& one) { return at < one->end; });
      if (found == partition_.end()) return false;
      stored_ = *found;
    }
    ASSIGN_OR_RETURN(batch.bytes, market::BatchBytes::open(stored_->bytes));
    batch.first = {std::max(at_, stored_->first)};
    batch.skip = static_cast<std::uint32_t>(batch.first.value - stored_->first);
    batch.next = {stored_->end};
    at_ = stored_->end;
    return true;
  }

 private:
  State& state_;
  Partition& partition_;
  std::uint64_t at_;
  std::shared_ptr<const Stored> stored_;
};

class MemoryTape final : public flow::Tape {
 public:
  explicit MemoryTape(MemoryTapeOptions options) { state_.options = std::move(options); }

  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    RETURN_IF_ERROR(check_commit(commit));
    RETURN_IF_ERROR(state_.step("commit"));
    const flow::CommitOutcome outcome = apply(commit);
    RETURN_IF_ERROR(state_.step("answer"));
    return outcome;
  }

  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    RETURN_IF_ERROR(state_.step("positions"));
    const std::lock_guard lock(state_.mutex);
    std::vector<std::pair<std::string, std::string>> found;
    for (auto it = state_.positions.lower_bound(prefix);
         it != state_.positions.end() && it->first.starts_with(prefix); ++it)
      found.emplace_back(*it);
    return found;
  }

  base::Result<flow::Offset> begin(flow::Topic topic, std::uint16_t partition) override {
    const std::lock_guard lock(state_.mutex);
    const Partition& batches = state_.partitions[{topic, partition}];
    return flow::Offset{batches.empty() ? 0 : batches.front()->first};
  }

  base::Result<flow::Offset> end(flow::Topic topic, std::uint16_t partition) override {
    RETURN_IF_ERROR(state_.step("end"));
    const std::lock_guard lock(state_.mutex);
    return flow::Offset{end_of(state_.partitions[{topic, partition}])};
  }

  base::Result<std::unique_ptr<flow::TapeReader>> read(flow::Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    const std::lock_guard lock(state_.mutex);
    return std::unique_ptr<flow::TapeReader>(
        std::make_unique<MemoryReader>(state_, state_.partitions[{topic, partition}], from.value));
  }

 private:
  flow::CommitOutcome apply(const flow::Commit& commit) {
    const std::lock_guard lock(state_.mutex);
    const auto stored = state_.positions.find(commit.writer);
    const flow::CommitOutcome outcome = judge(
        stored == state_.positions.end() ? std::string_view() : std::string_view(stored->second), commit);
    if (outcome != flow::CommitOutcome::applied) return outcome;
    for (const flow::Append& append : commit.appends) {
      Partition& partition = state_.partitions[{append.topic, append.partition}];
      const std::uint64_t first = end_of(partition);
      const auto added = std::make_shared<Stored>();
      added->bytes = added->copy.assign(append.batch);
      added->first = first;
      added->end = first + row_count_of(append.batch);
      partition.push_back(added);
    }
    for (const flow::Cut& cut : commit.cuts) {
      Partition& partition = state_.partitions[{cut.topic, cut.partition}];
      while (partition.size() > 1 && partition.front()->end <= cut.to.value) partition.pop_front();
    }
    state_.positions.insert_or_assign(std::string(commit.writer), std::string(commit.after));
    return outcome;
  }

  State state_;
};

}  // namespace

std::unique_ptr<flow::Tape> make_memory_tape(MemoryTapeOptions options) {
  return std::make_unique<MemoryTape>(std::move(options));
}

}  // namespace tickerhouse::tape

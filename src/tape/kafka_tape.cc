#include "tape/kafka_tape.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "tape/commit_rule.h"
#include "tape/kafka/checkpoints/checkpoint_topic.h"
#include "tape/kafka/fetch.h"
#include "tape/kafka/positions.h"
#include "tape/kafka/topics.h"
#include "tape/kafka/transactions.h"
#include "tape/kafka_reader.h"
#include "tape/kafka_start.h"
#include "tape/row_lookup.h"

namespace tickerhouse::tape {
namespace {

using kafka::Fetch;
using kafka::Transactions;

constexpr int kCommitTries = 5;  // of one commit whose transaction was aborted or fenced

// One writer of this process: who may commit, and where it stands.
struct Writer {
  std::mutex mutex;
  std::unique_ptr<Transactions> transactions;  // none: it is not ours, or we lost it
  std::string position;                        // meaningless without them
};

class KafkaTape final : public flow::Tape {
 public:
  KafkaTape(const KafkaTapeOptions& options, std::unique_ptr<kafka::Client> overseer)
      : options_(options),
        overseer_(std::move(overseer)),
        streams_(options.connection, kafka::FetchPool::Pace::streams),
        looks_(options.connection, kafka::FetchPool::Pace::looks),
        positions_(looks_, *overseer_, kafka::TopicNames{options.pipeline}.positions()),
        start_(options, *overseer_, positions_),
        lookup_(looks_, *overseer_) {}

  base::Status open() {
    RETURN_IF_ERROR(start_.look());
    return start_.prepare([this](std::string_view writer, std::string_view what) {
      return commit({writer, "", what, {}, flow::Claim::results});
    });
  }
  base::Result<kafka::Identity> note_topics() { return start_.note_topics(); }

  [[nodiscard]] std::string events_of() const override { return start_.others().topic; }
  [[nodiscard]] std::uint16_t partitions_of_others() const override { return start_.partitions_of_others(); }

  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    RETURN_IF_ERROR(check_commit(commit));
    if (options_.read_only)
      return base::Error{base::ErrorCode::invalid_argument, "the tape was opened to read",
                         std::string(commit.writer)};
    RETURN_IF_ERROR(check_appends(commit));
    Writer& writer = writer_of(commit.writer);
    const std::lock_guard lock(writer.mutex);
    ASSIGN_OR_RETURN(const flow::CommitOutcome outcome, as_writer(writer, commit, [&](Transactions& ours) {
                       return ours.commit(commit, member_.get());
                     }));
    if (outcome != flow::CommitOutcome::applied) return outcome;
    writer.position = commit.after;
    RETURN_IF_ERROR(cut(commit));
    return outcome;
  }

  // Of a shard that stands where the checkpoint says. Whoever may write it may commit, and the other way
  // round.
  base::Status save(const flow::ShardState& state) {
    Writer& writer = writer_of(state.writer);
    const std::lock_guard lock(writer.mutex);
    const flow::Commit standing{.writer = state.writer, .before = state.position, .after = {}, .appends = {}};
    ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                     as_writer(writer, standing, [&](Transactions& ours) { return ours.save(state); }));
    if (outcome == flow::CommitOutcome::applied) return {};
    return base::Error{base::ErrorCode::busy, "another process has taken over this shard",
                       std::string(state.writer)};
  }

  base::Result<std::optional<std::string>> newest_checkpoint(std::uint16_t partition) {
    return kafka::newest_checkpoint(looks_, *overseer_, start_.names().checkpoints(), partition);
  }

  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    ASSIGN_OR_RETURN(const kafka::Positions::Map all, positions_.read());
    std::vector<std::pair<std::string, std::string>> found;
    for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it)
      found.emplace_back(*it);
    return found;
  }

  base::Result<flow::Offset> begin(flow::Topic topic, std::uint16_t partition) override {
    ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(*overseer_, name(topic), partition));
    return flow::Offset{static_cast<std::uint64_t>(found.low)};
  }

  base::Result<flow::Offset> end(flow::Topic topic, std::uint16_t partition) override {
    ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(*overseer_, name(topic), partition));
    return flow::Offset{static_cast<std::uint64_t>(found.high)};
  }

  base::Result<std::unique_ptr<flow::TapeReader>> read(flow::Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(*overseer_, name(topic), partition));
    const std::int64_t at = std::max(found.low, static_cast<std::int64_t>(from.value));
    ASSIGN_OR_RETURN(auto fetch, Fetch::open(streams_, name(topic), partition, at, found.high));
    const flow::OthersEvents& others = start_.others();
    if (topic != flow::Topic::events || others.topic.empty())
      return read_rows(topic, partition, std::move(fetch), [this] { return start_.open_book(); });
    ASSIGN_OR_RETURN(auto rows, others.make_rows());
    return read_messages(std::move(fetch), std::move(rows), [this] { return start_.check_partitions(); });
  }

  base::Result<std::uint64_t> rows_from(flow::Topic topic, std::uint16_t partition,
                                        flow::Offset from) override {
    return lookup_.count_from(name(topic), partition, from);
  }

  base::Result<std::uint64_t> rows_about(flow::Topic topic, std::uint16_t partition,
                                         flow::Offset from) override {
    const std::int64_t heard = streams_.heard_end(name(topic), partition);
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, heard - static_cast<std::int64_t>(from.value)));
  }

  base::Result<flow::Offset> find_sequence(flow::Topic topic, std::uint16_t partition,
                                           std::uint64_t sequence) override {
    return lookup_.find_sequence(name(topic), partition, sequence);
  }

  [[nodiscard]] bool is_compacted(flow::Topic topic) const override { return topic == flow::Topic::bars; }

  base::Result<std::shared_ptr<flow::WorkGroup>> join(const std::string& group, const std::string& id) {
    ASSIGN_OR_RETURN(member_,
                     kafka::Member::open(options_.connection, {name(flow::Topic::events), group, id}));
    return std::shared_ptr<flow::WorkGroup>(member_);
  }

 private:
  [[nodiscard]] std::string name(flow::Topic topic) const { return start_.names().of(topic); }

  [[nodiscard]] base::Status check_appends(const flow::Commit& commit) const {
    const bool to_events =
        std::any_of(commit.appends.begin(), commit.appends.end(),
                    [](const flow::Append& append) { return append.topic == flow::Topic::events; });
    const std::string& others = start_.others().topic;
    if (!to_events || others.empty()) return {};
    return base::Error{base::ErrorCode::invalid_argument, "is written by others, not by this pipeline",
                       std::string("Kafka, topic ").append(others)};
  }

  Writer& writer_of(std::string_view name) {
    const std::lock_guard lock(mutex_);
    auto found = writers_.find(name);
    if (found == writers_.end())
      found = writers_.emplace(std::string(name), std::make_unique<Writer>()).first;
    return *found->second;
  }

  // `act` in a transaction of the writer, if it stands where the commit begins; again while that is aborted.
  template <typename Act>
  base::Result<flow::CommitOutcome> as_writer(Writer& writer, const flow::Commit& commit, const Act& act) {
    for (int i = 0; i < kCommitTries; ++i) {
      ASSIGN_OR_RETURN(const flow::CommitOutcome outcome, judged(writer, commit));
      if (outcome != flow::CommitOutcome::applied) return outcome;
      ASSIGN_OR_RETURN(const Transactions::Outcome done, act(*writer.transactions));
      if (done == Transactions::Outcome::committed) return outcome;
      if (done == Transactions::Outcome::aborted) continue;
      writer.transactions.reset();
      // Of a group the other one has the partition: taking it back at once would only fence it in turn.
      if (done == Transactions::Outcome::fenced && member_ != nullptr) return flow::CommitOutcome::fenced;
    }
    return base::Error{base::ErrorCode::io, "the transaction was aborted again and again",
                       std::string(commit.writer)};
  }

  // What the stored position says of the commit. `applied` means: the writer is ours, go on.
  base::Result<flow::CommitOutcome> judged(Writer& writer, const flow::Commit& commit) {
    if (writer.transactions != nullptr && writer.position == commit.before)
      return flow::CommitOutcome::applied;
    // Either it is not ours, or somebody else has moved it since: the topic decides.
    ASSIGN_OR_RETURN(const std::string seen, positions_.read(commit.writer));
    const flow::CommitOutcome outcome = judge(seen, commit);
    if (outcome != flow::CommitOutcome::applied) return outcome;
    ASSIGN_OR_RETURN(writer.transactions, Transactions::open(options_.connection, start_.names(),
                                                             commit.writer, start_.schema_ids()));
    ASSIGN_OR_RETURN(writer.position, positions_.read(commit.writer));
    return judge(writer.position, commit);
  }

  // After its commit: a cut that is lost with the process is asked for again by whoever cuts.
  base::Status cut(const flow::Commit& commit) {
    for (const flow::Cut& cut : commit.cuts)
      RETURN_IF_ERROR(lookup_.cut_before(name(cut.topic), cut.partition, cut.to));
    return {};
  }

  KafkaTapeOptions options_;
  std::unique_ptr<kafka::Client> overseer_;
  kafka::FetchPool streams_;  // of readers
  kafka::FetchPool looks_;    // of short questions
  kafka::Positions positions_;
  KafkaStart start_;
  RowLookup lookup_;
  std::shared_ptr<kafka::Member> member_;  // none: no group is told
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Writer>, std::less<>> writers_;
};

class KafkaCheckpoints final : public flow::CheckpointStore {
 public:
  explicit KafkaCheckpoints(KafkaTape& tape) : tape_(tape) {}
  base::Status save(const flow::ShardState& state) override { return tape_.save(state); }
  base::Status look(std::uint16_t partition, Order /*order*/, const Take& take) override {
    ASSIGN_OR_RETURN(const auto newest, tape_.newest_checkpoint(partition));
    if (newest)
      take(std::string("of partition ").append(std::to_string(partition)).append(" in Kafka"), *newest);
    return {};
  }

 private:
  KafkaTape& tape_;
};

base::Result<std::unique_ptr<KafkaTape>> open_tape(const KafkaTapeOptions& options) {
  if (!kafka::is_pipeline_name(options.pipeline))
    return base::Error{base::ErrorCode::configuration, "a pipeline is named by letters, digits, - and _",
                       options.pipeline};
  ASSIGN_OR_RETURN(auto overseer, kafka::open_overseer(options.connection));
  RETURN_IF_ERROR(kafka::check_identity(*overseer, options.connection, options.noted));
  auto tape = std::make_unique<KafkaTape>(options, std::move(overseer));
  RETURN_IF_ERROR(tape->open());
  return tape;
}

}  // namespace

base::Result<std::unique_ptr<flow::Tape>> open_kafka_tape(const KafkaTapeOptions& options) {
  ASSIGN_OR_RETURN(auto tape, open_tape(options));
  return std::unique_ptr<flow::Tape>(std::move(tape));
}

base::Result<WorkerTape> open_kafka_worker_tape(const KafkaTapeOptions& options, const std::string& group,
                                                const std::string& id) {
  ASSIGN_OR_RETURN(auto tape, open_tape(options));
  ASSIGN_OR_RETURN(auto joined, tape->join(group, id));
  return WorkerTape{std::move(tape), std::move(joined)};
}

std::unique_ptr<flow::CheckpointStore> checkpoints_of_kafka_tape(flow::Tape& tape) {
  auto* const ours = dynamic_cast<KafkaTape*>(&tape);
  return ours == nullptr ? nullptr : std::make_unique<KafkaCheckpoints>(*ours);
}

base::Result<kafka::Identity> note_kafka_topics(flow::Tape& tape) {
  auto* const ours = dynamic_cast<KafkaTape*>(&tape);
  CHECK(ours != nullptr);
  return ours->note_topics();
}

base::Result<bool> has_workers(const kafka::Connection& connection, const std::string& group) {
  ASSIGN_OR_RETURN(const auto client, kafka::open_overseer(connection));
  return kafka::has_members(*client, group);
}

}  // namespace tickerhouse::tape

#include "tape/kafka_tape.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "tape/commit_rule.h"
#include "tape/kafka/checkpoints/checkpoint_topic.h"
#include "tape/kafka/fetch.h"
#include "tape/kafka/messages.h"
#include "tape/kafka/others/declared.h"
#include "tape/kafka/positions.h"
#include "tape/kafka/topics.h"
#include "tape/kafka/transactions.h"
#include "tape/kafka_reader.h"

namespace tickerhouse::tape {
namespace {

using kafka::Fetch;
using kafka::Transactions;

constexpr const char* kJson = "json";
constexpr const char* kAvro = "avro";
constexpr std::int64_t kCountRowsMax = 256;
constexpr int kCommitTries = 5;  // of one commit whose transaction was aborted or fenced

// One writer of this process: who may commit, and where it stands.
struct Writer {
  std::mutex mutex;
  std::unique_ptr<Transactions> transactions;  // none: it is not ours, or we lost it
  std::string position;                        // meaningless without them
};

// Nothing is made before it is known that what is there is ours, or nobody's.
base::Status prepare_topics(kafka::Client& overseer, const kafka::TopicNames& names,
                            const KafkaTapeOptions& options) {
  if (!options.owner.empty() && options.noted.empty())
    RETURN_IF_ERROR(kafka::check_adoptable(overseer, options.connection, names, options.owner));
  RETURN_IF_ERROR(kafka::check_message_limits(overseer, names));
  return kafka::ensure_topics(overseer, names,
                              {.partitions = options.partitions, .replication = options.replication});
}

class KafkaTape final : public flow::Tape {
 public:
  KafkaTape(const KafkaTapeOptions& options, std::unique_ptr<kafka::Client> overseer)
      : options_(options),
        names_{options.pipeline},
        overseer_(std::move(overseer)),
        streams_(options.connection, kafka::FetchPool::Pace::streams),
        looks_(options.connection, kafka::FetchPool::Pace::looks),
        positions_(looks_, *overseer_, names_.positions()) {}

  // Before anything else: what the pipeline is, if it is there already.
  base::Status look() {
    ASSIGN_OR_RETURN(const kafka::Positions::Map known,
                     kafka::read_positions(*overseer_, names_, positions_));
    RETURN_IF_ERROR(choose_format(known));
    const auto declared = known.find(kafka::kDeclarationWriter);
    if (declared != known.end()) declared_ = declared->second;
    return find_events();
  }

  // Of the messages: what it was at the first start.
  base::Status choose_format(const kafka::Positions::Map& known) {
    const auto stored = known.find(kafka::kFormatWriter);
    const bool begun = std::any_of(known.begin(), known.end(), [](const auto& position) {
      return position.first != kafka::kOwnerWriter && position.first != kafka::kDeclarationWriter;
    });
    format_is_new_ = stored == known.end() && !begun;
    format_ = stored != known.end()                        ? stored->second
              : format_is_new_ && !options_.format.empty() ? options_.format
                                                           : kJson;
    if (options_.format.empty() || options_.format == format_) return {};
    return base::Error{base::ErrorCode::configuration,
                       std::string("its messages are ")
                           .append(format_)
                           .append("; that is fixed by the first start: leave it out, or give another "
                                   "--pipeline and another --data directory"),
                       "kafka.topic_format"};
  }

  base::Status find_events() {
    const bool is_new = declared_.empty() && !options_.declaration.empty();
    if (is_new) RETURN_IF_ERROR(kafka::check_has_no_events(*overseer_, names_));
    const std::string& declaration = is_new ? options_.declaration : declared_;
    if (declaration.empty()) return {};
    if (!options_.read_declaration)
      return base::Error{base::ErrorCode::invalid_argument, "its events are a topic of others",
                         options_.pipeline};
    ASSIGN_OR_RETURN(others_, options_.read_declaration(declaration));
    names_.others = others_.topic;
    ASSIGN_OR_RETURN(const std::uint16_t partitions, kafka::partitions_of_others(*overseer_, names_));
    const std::uint16_t wanted = std::exchange(options_.partitions, partitions);
    if (!options_.partitions_given || wanted == partitions) return {};
    return base::Error{base::ErrorCode::configuration,
                       std::string("has ")
                           .append(std::to_string(partitions))
                           .append(" partitions, not ")
                           .append(std::to_string(wanted))
                           .append(": leave engine.partitions out"),
                       std::string("Kafka, topic ").append(others_.topic)};
  }

  // What is there, or is made. Then it is ours, if it is to be anybody's.
  base::Status prepare() {
    if (options_.read_only || options_.join) {
      ASSIGN_OR_RETURN([[maybe_unused]] const std::uint16_t partitions,
                       kafka::partitions_of(*overseer_, names_));
    } else {
      RETURN_IF_ERROR(follow_partitions());
      RETURN_IF_ERROR(prepare_topics(*overseer_, names_, options_));
    }
    RETURN_IF_ERROR(add_schemas());
    if (options_.read_only || options_.owner.empty()) return {};
    ASSIGN_OR_RETURN(const flow::CommitOutcome claimed,
                     this->commit({kafka::kOwnerWriter, "", options_.owner, {}, flow::Claim::results}));
    if (claimed == flow::CommitOutcome::fenced) return kafka::owned_by_another(options_.pipeline);
    if (options_.join) return {};
    if (format_is_new_ && format_ != kJson) RETURN_IF_ERROR(store(kafka::kFormatWriter, format_));
    if (names_.others.empty() || !declared_.empty()) return {};
    return store(kafka::kDeclarationWriter, options_.declaration);
  }

  // A pipeline that is known has the partitions it has, if nobody wants another number.
  base::Status follow_partitions() {
    if (options_.noted.empty() || options_.partitions_given) return {};
    ASSIGN_OR_RETURN(options_.partitions, kafka::partitions_of(*overseer_, names_));
    return {};
  }

  // What is said once for all.
  base::Status store(std::string_view writer, const std::string& what) {
    ASSIGN_OR_RETURN(const flow::CommitOutcome stored,
                     this->commit({writer, "", what, {}, flow::Claim::results}));
    if (stored == flow::CommitOutcome::fenced) return kafka::owned_by_another(options_.pipeline);
    return {};
  }

  // Whoever writes says its schemas to the registry first, which refuses those that do not fit.
  base::Status add_schemas() {
    if (format_ != kAvro || options_.read_only) return {};
    ASSIGN_OR_RETURN(const auto book, open_book());
    for (const flow::Topic topic : {flow::Topic::events, flow::Topic::late, flow::Topic::symbols,
                                    flow::Topic::bars, flow::Topic::settled}) {
      if (topic == flow::Topic::events && !names_.others.empty()) continue;
      const bool bars = topic == flow::Topic::bars || topic == flow::Topic::settled;
      ASSIGN_OR_RETURN(schema_ids_[topic],
                       book->add(name(topic), bars ? formats::bar_schema() : formats::event_schema()));
    }
    return {};
  }

  base::Result<kafka::Identity> note_topics() {
    ASSIGN_OR_RETURN(const std::uint16_t partitions, kafka::partitions_of(*overseer_, names_));
    RETURN_IF_ERROR(kafka::ensure_topics(*overseer_, names_,
                                         {.partitions = partitions, .replication = options_.replication}));
    return kafka::identity_of(*overseer_, names_);
  }

  [[nodiscard]] std::string events_of() const override { return others_.topic; }
  [[nodiscard]] std::uint16_t partitions_of_others() const override {
    return others_.topic.empty() ? std::uint16_t{0} : options_.partitions;
  }

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
    return kafka::newest_checkpoint(looks_, *overseer_, names_.checkpoints(), partition);
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
    if (topic != flow::Topic::events || others_.topic.empty())
      return read_rows(topic, partition, std::move(fetch), [this] { return open_book(); });
    ASSIGN_OR_RETURN(auto rows, others_.make_rows());
    return read_messages(std::move(fetch), std::move(rows), [this] { return check_partitions(); });
  }

  base::Result<std::uint64_t> rows_from(flow::Topic topic, std::uint16_t partition,
                                        flow::Offset from) override {
    ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(*overseer_, name(topic), partition));
    const std::int64_t at = std::max(found.low, static_cast<std::int64_t>(from.value));
    const std::int64_t most = std::max<std::int64_t>(0, found.high - at);
    if (most == 0 || most > kCountRowsMax) return static_cast<std::uint64_t>(most);
    ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, name(topic), partition, at, found.high));
    std::uint64_t rows = 0;
    while (true) {
      ASSIGN_OR_RETURN(const rd_kafka_message_t* message, fetch->next());
      if (message == nullptr) return rows;
      ++rows;
    }
  }

  base::Result<std::uint64_t> rows_about(flow::Topic topic, std::uint16_t partition,
                                         flow::Offset from) override {
    const std::int64_t heard = streams_.heard_end(name(topic), partition);
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, heard - static_cast<std::int64_t>(from.value)));
  }

  // Sequences ascend with offsets, so halving finds it: some twenty small reads in the longest topic.
  base::Result<flow::Offset> find_sequence(flow::Topic topic, std::uint16_t partition,
                                           std::uint64_t sequence) override {
    ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(*overseer_, name(topic), partition));
    std::int64_t low = found.low;    // rows before it are less
    std::int64_t high = found.high;  // rows from it on are not
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      ASSIGN_OR_RETURN(const auto row, first_row(topic, partition, middle));
      if (!row || row->second >= sequence) {
        high = middle;
      } else {
        low = row->first + 1;
      }
    }
    return flow::Offset{static_cast<std::uint64_t>(low)};
  }

  [[nodiscard]] bool is_compacted(flow::Topic topic) const override { return topic == flow::Topic::bars; }

  base::Result<std::shared_ptr<flow::WorkGroup>> join(const std::string& group, const std::string& id) {
    ASSIGN_OR_RETURN(member_,
                     kafka::Member::open(options_.connection, {name(flow::Topic::events), group, id}));
    return std::shared_ptr<flow::WorkGroup>(member_);
  }

 private:
  [[nodiscard]] std::string name(flow::Topic topic) const { return names_.of(topic); }

  base::Result<std::unique_ptr<formats::SchemaBook>> open_book() const {
    if (options_.open_book) return options_.open_book();
    return base::Error{base::ErrorCode::configuration, "its messages are Avro, and no registry is named",
                       std::string("pipeline ").append(options_.pipeline)};
  }

  // Messages in a partition that was added would be read by nobody.
  base::Status check_partitions() {
    auto now = kafka::partitions_of_others(*overseer_, names_);
    if (now.ok() || now.error().code != base::ErrorCode::configuration) return {};
    return base::Error{base::ErrorCode::damaged, now.error().what, now.error().where};
  }

  [[nodiscard]] base::Status check_appends(const flow::Commit& commit) const {
    const bool to_events =
        std::any_of(commit.appends.begin(), commit.appends.end(),
                    [](const flow::Append& append) { return append.topic == flow::Topic::events; });
    if (!to_events || others_.topic.empty()) return {};
    return base::Error{base::ErrorCode::invalid_argument, "is written by others, not by this pipeline",
                       std::string("Kafka, topic ").append(others_.topic)};
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
    ASSIGN_OR_RETURN(writer.transactions,
                     Transactions::open(options_.connection, names_, commit.writer, schema_ids_));
    ASSIGN_OR_RETURN(writer.position, positions_.read(commit.writer));
    return judge(writer.position, commit);
  }

  // After its commit: a cut that is lost with the process is asked for again by whoever cuts.
  base::Status cut(const flow::Commit& commit) {
    for (const flow::Cut& cut : commit.cuts) {
      ASSIGN_OR_RETURN(const kafka::Watermarks found,
                       kafka::watermarks(*overseer_, name(cut.topic), cut.partition));
      const auto to = static_cast<std::int64_t>(cut.to.value);
      if (to <= found.low) continue;
      ASSIGN_OR_RETURN(const std::int64_t last, last_row(cut.topic, cut.partition, found));
      RETURN_IF_ERROR(kafka::delete_before(*overseer_, name(cut.topic), cut.partition, std::min(to, last)));
    }
    return {};
  }

  // Offset and sequence of the first row at or after `from`.
  base::Result<std::optional<std::pair<std::int64_t, std::uint64_t>>> first_row(flow::Topic topic,
                                                                                std::uint16_t partition,
                                                                                std::int64_t from) {
    using Row = std::optional<std::pair<std::int64_t, std::uint64_t>>;
    ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, name(topic), partition, from, 0));
    ASSIGN_OR_RETURN(const rd_kafka_message_t* raw, fetch->next());
    if (raw == nullptr) return Row();
    ASSIGN_OR_RETURN(const std::uint64_t sequence, kafka::sequence_of(kafka::message_of(*raw)));
    return Row(std::pair(raw->offset, sequence));
  }

  // The offset of the last committed row, which is never cut; found.low if there is none.
  base::Result<std::int64_t> last_row(flow::Topic topic, std::uint16_t partition,
                                      const kafka::Watermarks& found) {
    for (std::int64_t back = 64;; back *= 16) {
      const std::int64_t from = std::max(found.low, found.high - back);
      ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, name(topic), partition, from, found.high));
      std::int64_t last = -1;
      while (true) {
        ASSIGN_OR_RETURN(const rd_kafka_message_t* message, fetch->next());
        if (message == nullptr) break;
        last = message->offset;
      }
      if (last >= 0 || from == found.low) return std::max(last, found.low);
    }
  }

  KafkaTapeOptions options_;
  kafka::TopicNames names_;
  std::string declared_;  // what the positions say of the events
  std::string format_;
  bool format_is_new_ = false;
  kafka::SchemaIds schema_ids_;  // of Avro
  flow::OthersEvents others_;
  std::unique_ptr<kafka::Client> overseer_;
  kafka::FetchPool streams_;  // of readers
  kafka::FetchPool looks_;    // of short questions
  kafka::Positions positions_;
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
  RETURN_IF_ERROR(tape->look());
  RETURN_IF_ERROR(tape->prepare());
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

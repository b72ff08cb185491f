#include "app/directory/tapes.h"

#include <algorithm>
#include <filesystem>

#include "app/cluster/cluster.h"
#include "app/cluster/others_events.h"
#include "app/cluster/registry.h"
#include "app/config/secrets.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/hash.h"
#include "tape/kafka/overview/cluster_view.h"
#include "tape/kafka/topics.h"
#include "tape/kafka_tape.h"
#include "tape/lmdb_tape.h"

namespace tickerhouse::app {
namespace {

constexpr base::DurationNanos kPagePatience = 3 * base::kSecond;  // of somebody who looks at a page
constexpr const char* kGroupWriter = "group";  // whose position is the name of the workers' group

// What the directory remembers of its cluster.
struct KafkaRecord {
  std::string brokers;
  std::string pipeline;
  std::string id;
  tape::kafka::Identity identity;  // empty until the topics bear the id
};

// Lines: brokers, pipeline, id; then, once they are known, the cluster's id and that of each topic.
std::string encode(const KafkaRecord& record) {
  std::string text = std::string("brokers=")
                         .append(record.brokers)
                         .append("\npipeline=")
                         .append(record.pipeline)
                         .append("\nid=")
                         .append(record.id)
                         .append("\n");
  if (record.identity.empty()) return text;
  text.append("cluster=").append(record.identity.cluster).append("\n");
  for (const auto& [name, id] : record.identity.topics)
    text.append("topic=").append(name).append(" ").append(id).append("\n");
  return text;
}

// Takes the line off the text if it begins so.
bool take_line(std::string_view& text, std::string_view key, std::string& value) {
  const std::size_t end = text.find('\n');
  if (!text.starts_with(key) || end == std::string_view::npos) return false;
  value = text.substr(key.size(), end - key.size());
  text.remove_prefix(end + 1);
  return true;
}

base::Result<KafkaRecord> decode_record(std::string_view text, const std::string& path) {
  KafkaRecord record;
  bool good = take_line(text, "brokers=", record.brokers) && take_line(text, "pipeline=", record.pipeline) &&
              take_line(text, "id=", record.id);
  if (good && !text.empty()) good = take_line(text, "cluster=", record.identity.cluster);
  std::string line;
  while (good && !text.empty()) {
    good = take_line(text, "topic=", line) && line.find(' ') != std::string::npos;
    if (good) record.identity.topics[line.substr(0, line.find(' '))] = line.substr(line.find(' ') + 1);
  }
  if (!good) return base::Error{base::ErrorCode::damaged, "is not what tickerhouse writes there", path};
  return record;
}

bool is_kafka(const DirectoryPaths& paths) { return std::filesystem::exists(paths.kafka); }
bool is_lmdb(const DirectoryPaths& paths) { return std::filesystem::exists(paths.tape); }

base::Result<KafkaRecord> read_record(const Config& config, const DirectoryPaths& paths) {
  ASSIGN_OR_RETURN(const std::string text, base::system_disk().read_file(paths.kafka));
  ASSIGN_OR_RETURN(KafkaRecord record, decode_record(text, paths.kafka));
  if (config.given("kafka.brokers")) record.brokers = config.kafka_brokers;
  if (config.given("kafka.pipeline") && config.kafka_pipeline != record.pipeline)
    return base::Error{base::ErrorCode::configuration,
                       std::string("belongs to the pipeline ").append(record.pipeline), paths.root};
  return record;
}

base::Result<tape::KafkaTapeOptions> options_of(const Config& config, const KafkaRecord& record,
                                                const std::string& declaration = {}) {
  tape::KafkaTapeOptions options;
  options.format = config.given("kafka.topic_format") ? config.values.at("kafka.topic_format").text : "";
  read_as_configured(config, declaration, options);
  options.connection.brokers = record.brokers;
  ASSIGN_OR_RETURN(options.connection.properties, kafka_properties_with_secrets(config));
  options.pipeline = record.pipeline;
  options.noted = record.identity;
  options.partitions = config.engine.partitions;
  options.partitions_given = config.given("engine.partitions");
  options.replication = config.kafka_replication;
  return options;
}

tape::kafka::TopicNames names_of(const KafkaRecord& record, const flow::Tape& tape) {
  return {record.pipeline, tape.events_of()};
}

// Several processes that join may do so at the same time.
base::Status write_record(const DirectoryPaths& paths, const KafkaRecord& record) {
  ASSIGN_OR_RETURN(const base::FileLock lock, base::FileLock::acquire(paths.kafka_lock, kLockPatience));
  return base::system_disk().replace_file(paths.kafka, encode(record));
}

// The topics bear the id: from now on they are known by theirs.
base::Status note_identity(const DirectoryPaths& paths, flow::Tape& tape, KafkaRecord& record) {
  ASSIGN_OR_RETURN(record.identity, tape::note_kafka_topics(tape));
  return write_record(paths, record);
}

base::Result<KafkaRecord> new_record(const Config& config) {
  if (config.kafka_brokers.empty())
    return base::Error{base::ErrorCode::configuration,
                       "a tape on Kafka needs its brokers: --brokers HOST:PORT", "kafka.brokers"};
  return KafkaRecord{config.kafka_brokers, config.kafka_pipeline, "", {}};
}

base::Result<std::unique_ptr<flow::Tape>> open_kafka(const Config& config, const DirectoryPaths& paths,
                                                     const std::string& declaration) {
  KafkaRecord record;
  const bool is_new = !is_kafka(paths);
  if (is_new) {
    ASSIGN_OR_RETURN(record, new_record(config));
    record.id = base::random_id();
  } else {
    ASSIGN_OR_RETURN(record, read_record(config, paths));
  }
  ASSIGN_OR_RETURN(tape::KafkaTapeOptions options, options_of(config, record, declaration));
  options.owner = record.id;
  // First the id, then the topics: a start that was killed between finds its own again.
  if (is_new) RETURN_IF_ERROR(write_record(paths, record));
  auto tape = tape::open_kafka_tape(options);
  if (!tape.ok()) {
    // A start that was refused decides nothing: not the pipeline's name either.
    std::error_code ignored;  // else the next start says what is wrong
    if (is_new && tape.error().code == base::ErrorCode::configuration)
      std::filesystem::remove(paths.kafka, ignored);
    return tape;
  }
  if (!tape::kafka::is_complete(record.identity, names_of(record, **tape)))
    RETURN_IF_ERROR(note_identity(paths, **tape, record));
  return tape;
}

// For those who run shards only while no worker does.
base::Status note_group(flow::Tape& tape, const std::string& group) {
  while (true) {
    ASSIGN_OR_RETURN(const std::string before, flow::position_of(tape, kGroupWriter));
    if (before == group) return {};
    ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                     tape.commit({kGroupWriter, before, group, {}, flow::Claim::results}));
    if (outcome != flow::CommitOutcome::fenced) return {};  // fenced: another worker has just done it
  }
}

// The directory's record, or for a new one what the configuration says, but for the id.
base::Result<KafkaRecord> record_to_join(const Config& config, const DirectoryPaths& paths) {
  if (is_kafka(paths)) return read_record(config, paths);
  if (is_lmdb(paths))
    return base::Error{base::ErrorCode::configuration,
                       "its tape is of the kind lmdb, which one process has for itself", paths.root};
  return new_record(config);
}

base::Result<tape::KafkaTapeOptions> options_to_join(const Config& config, const KafkaRecord& record) {
  ASSIGN_OR_RETURN(tape::KafkaTapeOptions options, options_of(config, record));
  options.join = true;
  options.owner = record.id;
  return options;
}

tape::LmdbTapeOptions lmdb_options(const DirectoryPaths& paths) {
  tape::LmdbTapeOptions options;
  options.directory = paths.tape;
  return options;
}

}  // namespace

bool is_shared_tape(const DirectoryPaths& paths) { return is_kafka(paths); }

const char* tape_kind(const DirectoryPaths& paths) { return is_kafka(paths) ? "kafka" : "lmdb"; }

base::Result<std::unique_ptr<flow::Tape>> open_tape(const Config& config, const DirectoryPaths& paths,
                                                    const std::string& declaration) {
  const bool there = is_kafka(paths) || is_lmdb(paths);
  if (there && config.given("tape.kind") && config.tape_kind != tape_kind(paths))
    return base::Error{
        base::ErrorCode::configuration,
        std::string("its tape is of the kind ")
            .append(tape_kind(paths))
            .append("; it is fixed by the first start: leave it out, or use another --data directory"),
        paths.root};
  if (there ? is_kafka(paths) : config.tape_kind == "kafka") return open_kafka(config, paths, declaration);
  if (!declaration.empty())
    return base::Error{base::ErrorCode::configuration,
                       "a topic can only be the events of a tape on Kafka: --tape kafka", "source.keyed"};
  tape::LmdbTapeOptions options = lmdb_options(paths);
  options.size_max = config.tape_size_max;
  options.durability = config.durability;
  return tape::open_lmdb_tape(options);
}

base::Result<std::unique_ptr<flow::Tape>> join_tape(const Config& config, const DirectoryPaths& paths) {
  ASSIGN_OR_RETURN(KafkaRecord record, record_to_join(config, paths));
  ASSIGN_OR_RETURN(const tape::KafkaTapeOptions options, options_to_join(config, record));
  ASSIGN_OR_RETURN(auto tape, tape::open_kafka_tape(options));
  if (record.id.empty()) {
    ASSIGN_OR_RETURN(record.id, flow::position_of(*tape, tape::kafka::kOwnerWriter));
    if (record.id.empty())
      return base::Error{base::ErrorCode::not_found, "nobody has set it up yet",
                         std::string("pipeline ").append(record.pipeline)};
  }
  if (!tape::kafka::is_complete(record.identity, names_of(record, *tape)))
    RETURN_IF_ERROR(note_identity(paths, *tape, record));
  return tape;
}

base::Result<tape::WorkerTape> join_group(const Config& config, const DirectoryPaths& paths,
                                          flow::Tape& tape) {
  ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
  ASSIGN_OR_RETURN(const tape::KafkaTapeOptions options, options_to_join(config, record));
  const std::string& group = config.work_group.empty() ? record.pipeline : config.work_group;
  RETURN_IF_ERROR(note_group(tape, group));
  return tape::open_kafka_worker_tape(options, group, config.work_id);
}

base::Result<std::unique_ptr<flow::Tape>> open_tape_to_read(const Config& config,
                                                            const DirectoryPaths& paths) {
  if (is_kafka(paths)) {
    ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
    ASSIGN_OR_RETURN(tape::KafkaTapeOptions options, options_of(config, record));
    options.read_only = true;
    return tape::open_kafka_tape(options);
  }
  tape::LmdbTapeOptions options = lmdb_options(paths);
  options.read_only = true;
  auto tape = tape::open_lmdb_tape(options);
  if (!tape.ok() && tape.error().code == base::ErrorCode::not_found)
    return base::Error{base::ErrorCode::not_found,
                       "no data directory (--data names one; replay or simulate makes one)", paths.root};
  return tape;
}

void read_as_configured(const Config& config, const std::string& declaration,
                        tape::KafkaTapeOptions& options) {
  options.open_book = [config]() -> base::Result<std::unique_ptr<formats::SchemaBook>> {
    ASSIGN_OR_RETURN(auto schemas, open_schemas(config));
    return std::unique_ptr<formats::SchemaBook>(std::move(schemas));
  };
  options.declaration = declaration;
  options.read_declaration = [config, declaration](const std::string& stored) {
    return read_events(config, stored, declaration);
  };
}

base::Result<tape::kafka::Connection> cluster_of(const Config& config, const DirectoryPaths& paths) {
  if (!is_kafka(paths)) return connection_of(config);
  ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
  ASSIGN_OR_RETURN(tape::KafkaTapeOptions options, options_of(config, record));
  return std::move(options.connection);
}

base::Result<std::string> noted_events_of(const Config& config, const DirectoryPaths& paths) {
  if (!is_kafka(paths)) return std::string();
  ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
  const auto names = tape::kafka::TopicNames{record.pipeline}.all();
  for (const auto& [name, id] : record.identity.topics)
    if (std::find(names.begin(), names.end(), name) == names.end()) return name;
  return std::string();
}

base::Result<bool> is_own_topic(const Config& config, const DirectoryPaths& paths, const std::string& topic) {
  if (!is_kafka(paths)) return false;
  ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
  const auto names = tape::kafka::TopicNames{record.pipeline}.all();
  return std::find(names.begin(), names.end(), topic) != names.end();
}

base::Result<std::string> group_at_work(const Config& config, const DirectoryPaths& paths, flow::Tape& tape) {
  if (!is_kafka(paths)) return std::string();
  ASSIGN_OR_RETURN(std::string group, flow::position_of(tape, kGroupWriter));
  if (group.empty()) return group;
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, cluster_of(config, paths));
  ASSIGN_OR_RETURN(const bool there, tape::has_workers(connection, group));
  if (!there) group.clear();
  return group;
}

base::Result<std::unique_ptr<flow::ClusterView>> cluster_view_of(const Config& config,
                                                                 const DirectoryPaths& paths,
                                                                 const flow::Tape& tape) {
  if (!is_kafka(paths)) return std::unique_ptr<flow::ClusterView>();
  ASSIGN_OR_RETURN(const KafkaRecord record, read_record(config, paths));
  ASSIGN_OR_RETURN(tape::KafkaTapeOptions options, options_of(config, record));
  options.connection.patience = kPagePatience;
  ASSIGN_OR_RETURN(auto schemas, open_schemas_to_look(config, kPagePatience));
  return tape::kafka::make_cluster_view(std::move(options.connection), names_of(record, tape),
                                        base::system_clock(), std::move(schemas));
}

}  // namespace tickerhouse::app

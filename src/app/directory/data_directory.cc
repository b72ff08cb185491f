#include "app/directory/data_directory.h"

#include <filesystem>

#include "app/directory/checkpoints.h"
#include "app/directory/tapes.h"
#include "app/logging.h"
#include "app/process/stop_signal.h"
#include "base/clock.h"
#include "runtime/progress.h"

namespace tickerhouse::app {
namespace {

constexpr base::DurationNanos kJoinPoll = 500 * base::kMillisecond;

struct Record {
  engine::Settings settings;
  flow::Origin origin = flow::Origin::recorded;
};

// The first record of a directory: the tape's kind and the origin, then the engine's settings.
std::string encode(const Record& record, const char* kind) {
  return std::string("tape=")
      .append(kind)
      .append("\norigin=")
      .append(flow::origin_name(record.origin))
      .append("\n")
      .append(engine::to_text(record.settings));
}

base::Result<Record> decode(std::string text, std::string_view expected) {
  Record record;
  const auto take = [&text](std::string_view key) {
    std::string value;
    const std::size_t end = text.find('\n');
    if (!text.starts_with(key) || end == std::string::npos) return value;
    value = text.substr(key.size(), end - key.size());
    text.erase(0, end + 1);
    return value;
  };
  const std::string kind = take("tape=");
  const std::string origin = take("origin=");
  if (kind != expected)
    return base::Error{base::ErrorCode::damaged,
                       std::string("unknown kind of tape \"").append(kind).append("\""), "settings record"};
  for (const flow::Origin known : {flow::Origin::live, flow::Origin::recorded, flow::Origin::simulated})
    if (origin == flow::origin_name(known)) record.origin = known;
  ASSIGN_OR_RETURN(record.settings, engine::settings_from_text(text));
  return record;
}

// Explicitly given values must be the directory's; what was left to its default follows the directory.
base::Status check_settings(const Config& config, const engine::Settings& stored, const std::string& root) {
  engine::Settings asked = stored;
  if (config.given("ingest.bound")) asked.bound = config.engine.bound;
  if (config.given("ingest.skew")) asked.skew = config.engine.skew;
  if (config.given("ingest.idle_timeout")) asked.idle_timeout = config.engine.idle_timeout;
  if (config.given("ingest.grace")) asked.grace = config.engine.grace;
  if (config.given("engine.allowed_lateness")) asked.allowed_lateness = config.engine.allowed_lateness;
  if (config.given("engine.partitions")) asked.partitions = config.engine.partitions;
  if (config.given("engine.intervals")) asked.intervals = config.engine.intervals;
  const std::string difference = engine::first_difference(stored, asked);
  if (difference.empty()) return {};
  return base::Error{
      base::ErrorCode::configuration,
      std::string(difference)
          .append("; it is fixed by the first start: leave it out, or use another --data directory"),
      root};
}

// A topic of others has the partitions it has.
engine::Settings new_settings(const Config& config, const flow::Tape& tape) {
  engine::Settings settings = config.engine;
  if (!tape.events_of().empty()) settings.partitions = tape.partitions_of_others();
  return settings;
}

base::Status clear_remnants(const DirectoryPaths& paths) {
  std::error_code ignored;  // what is not there need not go
  std::filesystem::remove_all(paths.checkpoints, ignored);
  std::filesystem::remove(paths.store, ignored);
  std::filesystem::remove(paths.store + ".wal", ignored);
  return base::make_directories(paths.checkpoints);
}

base::Status write_record(OpenDirectory& directory, const Record& record) {
  const std::string text = encode(record, tape_kind(directory.paths));
  ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                   directory.tape->commit({runtime::kSettingsWriter, "", text, {}, flow::Claim::ingest}));
  if (outcome == flow::CommitOutcome::fenced)
    return base::Error{base::ErrorCode::busy, "another process has just set it up", directory.paths.root};
  return {};
}

// `not_found`: there is none.
base::Status read_record(OpenDirectory& directory) {
  ASSIGN_OR_RETURN(const std::string text, position_of(*directory.tape, runtime::kSettingsWriter));
  if (text.empty())
    return base::Error{base::ErrorCode::not_found,
                       "the directory was never fully set up; start replay or simulate again",
                       directory.paths.root};
  ASSIGN_OR_RETURN(const Record record, decode(text, tape_kind(directory.paths)));
  directory.settings = record.settings;
  directory.origin = record.origin;
  return {};
}

base::Status take_checkpoints(const Config& config, OpenDirectory& directory) {
  ASSIGN_OR_RETURN(directory.checkpoints, open_checkpoints(config, directory.paths, *directory.tape));
  return {};
}

// A member of a group is made last: it holds partitions from then on.
base::Status join(const Config& config, OpenDirectory& directory, bool worker) {
  ASSIGN_OR_RETURN(directory.tape, join_tape(config, directory.paths));
  RETURN_IF_ERROR(read_record(directory));
  if (!worker) return take_checkpoints(config, directory);
  ASSIGN_OR_RETURN(tape::WorkerTape member, join_group(config, directory.paths, *directory.tape));
  directory.tape = std::move(member.tape);
  directory.group = std::move(member.group);
  return take_checkpoints(config, directory);
}

}  // namespace

DirectoryPaths::DirectoryPaths(std::string directory)
    : root(std::move(directory)),
      lock(root + "/lock"),
      tape(root + "/tape"),
      kafka(root + "/kafka"),
      kafka_lock(kafka + ".lock"),
      broker(root + "/broker"),
      store(root + "/store.duckdb"),
      checkpoints(root + "/checkpoints"),
      history(root + "/history"),
      socket(root + "/control.sock"),
      logs(root + "/logs") {}

base::Result<OpenDirectory> open_directory(const Config& config, flow::Origin origin,
                                           const std::string& declaration) {
  OpenDirectory directory;
  directory.paths = DirectoryPaths(config.data);
  RETURN_IF_ERROR(base::make_directories(config.data));
  ASSIGN_OR_RETURN(base::FileLock lock, base::FileLock::acquire(directory.paths.lock, kLockPatience));
  directory.lock = std::make_unique<base::FileLock>(std::move(lock));
  ASSIGN_OR_RETURN(directory.tape, open_tape(config, directory.paths, declaration));
  RETURN_IF_ERROR(take_checkpoints(config, directory));
  ASSIGN_OR_RETURN(const std::string text, position_of(*directory.tape, runtime::kSettingsWriter));
  if (text.empty()) {
    RETURN_IF_ERROR(clear_remnants(directory.paths));
    directory.settings = new_settings(config, *directory.tape);
    directory.origin = origin;
    RETURN_IF_ERROR(write_record(directory, {directory.settings, origin}));
    return directory;
  }
  ASSIGN_OR_RETURN(const Record record, decode(text, tape_kind(directory.paths)));
  directory.settings = record.settings;
  directory.origin = record.origin;
  if (record.origin != origin)
    return base::Error{base::ErrorCode::configuration,
                       std::string("holds ")
                           .append(flow::origin_name(record.origin))
                           .append(" data; ")
                           .append(flow::origin_name(origin))
                           .append(" data needs another --data directory"),
                       config.data};
  RETURN_IF_ERROR(check_settings(config, record.settings, config.data));
  RETURN_IF_ERROR(base::make_directories(directory.paths.checkpoints));
  return directory;
}

base::Result<OpenDirectory> join_directory(const Config& config, bool worker) {
  OpenDirectory directory;
  directory.paths = DirectoryPaths(config.data);
  RETURN_IF_ERROR(base::make_directories(directory.paths.checkpoints));
  bool said = false;
  while (!stop_requested()) {
    const base::Status joined = join(config, directory, worker);
    if (joined.ok()) return directory;
    if (joined.error().code != base::ErrorCode::not_found) return joined.error();
    if (!std::exchange(said, true))
      log_info("nobody has set up this pipeline yet (produce, replay, simulate or run does); waiting for it");
    base::system_clock().sleep_for(kJoinPoll);
  }
  return base::Error{base::ErrorCode::busy, "stopped before anybody had set up the pipeline", config.data};
}

base::Result<OpenDirectory> open_directory_to_read(const Config& config) {
  OpenDirectory directory;
  directory.paths = DirectoryPaths(config.data);
  ASSIGN_OR_RETURN(directory.tape, open_tape_to_read(config, directory.paths));
  RETURN_IF_ERROR(read_record(directory));
  RETURN_IF_ERROR(take_checkpoints(config, directory));
  return directory;
}

base::Result<flow::Origin> origin_of(const Config& config) {
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  return directory.origin;
}

bool is_running(const DirectoryPaths& paths) { return base::is_locked(paths.lock); }

}  // namespace tickerhouse::app

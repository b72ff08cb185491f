#include "app/process/process_status.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>

#include "app/directory/tapes.h"
#include "app/progress_bar.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "runtime/progress.h"
#include "tape/lmdb_tape.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kProcessWriter = "process";
constexpr base::DurationNanos kRateSpan = 10 * base::kSecond;
constexpr base::DurationNanos kGrowthSample = 10 * base::kSecond;
constexpr base::DurationNanos kGrowthLeast = base::kMinute;  // a shorter time says nothing
constexpr base::DurationNanos kGrowthSpan = base::kHour;

// The position of writer "process" is the number of starts.
base::Result<std::uint64_t> count_start(flow::Tape& tape) {
  ASSIGN_OR_RETURN(const std::string before, flow::position_of(tape, kProcessWriter));
  base::ByteReader in(before);
  const std::uint64_t starts = (before.empty() ? 0 : in.get<std::uint64_t>()) + 1;
  std::string after;
  base::ByteWriter(after).put(starts);
  ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                   tape.commit({kProcessWriter, before, after, {}, flow::Claim::results}));
  if (outcome == flow::CommitOutcome::fenced)
    return base::Error{base::ErrorCode::busy, "another process has just started here", kProcessWriter};
  return starts;
}

std::string per_second(double rate) {
  std::array<char, 32> text{};
  if (rate >= 1000) {
    std::snprintf(text.data(), text.size(), "%.1f k/s", rate / 1000);
  } else {
    std::snprintf(text.data(), text.size(), rate >= 10 || rate == 0 ? "%.0f /s" : "%.1f /s", rate);
  }
  return text.data();
}

flow::StageStatus stage(const char* name, const char* word, std::string number) {
  flow::StageStatus status;
  status.name = name;
  status.word = word;
  status.number = std::move(number);
  return status;
}

void set_failing(flow::StageStatus& stage, const std::string& detail) {
  stage.state = flow::StageState::degraded;
  stage.word = "retrying";
  stage.detail = detail;
}

// Of all files below, as they lie on the disk. Those that go meanwhile do not count.
std::uint64_t bytes_on_disk(const std::string& directory) {
  constexpr std::uint64_t kBlock = 512;
  std::uint64_t bytes = 0;
  std::error_code code;
  for (std::filesystem::recursive_directory_iterator file(directory, code), end; !code && file != end;
       file.increment(code)) {
    struct stat about {};
    if (::lstat(file->path().c_str(), &about) == 0)
      bytes += static_cast<std::uint64_t>(about.st_blocks) * kBlock;
  }
  return bytes;
}

std::vector<flow::SinkHealth> sinks_of(const runtime::StageBoard& board) {
  std::vector<flow::SinkHealth> sinks;
  for (const auto& [name, health] : board.stages()) {
    if (!name.starts_with("sink/")) continue;
    sinks.push_back({name.substr(5), health.failing ? flow::StageState::degraded : flow::StageState::ok,
                     health.restarts, health.last_flush, health.error, health.gathers});
  }
  return sinks;
}

// `whose`: what was lost; `where`: behind the offsets.
std::string lost_line(const flow::LostRows& lost, const std::string& whose, const std::string& where) {
  if (lost.offsets == 0) return "";
  return std::string("lost     up to ")
      .append(grouped(lost.offsets))
      .append(" ")
      .append(whose)
      .append(" were deleted before they were read, the last ones from offset ")
      .append(std::to_string(lost.from))
      .append(" to ")
      .append(std::to_string(lost.to))
      .append(where)
      .append("; what may lack one is marked gap\n");
}

}  // namespace

bool GrowthMeter::wants(base::DurationNanos now) const {
  return samples_.empty() || now - samples_.back().at >= kGrowthSample;
}

void GrowthMeter::note(std::uint64_t on_disk, const flow::TapeStatus& tape, base::DurationNanos now) {
  samples_.push_back({now, on_disk, tape.bytes_used});
  while (now - samples_.front().at > kGrowthSpan) samples_.pop_front();
}

std::optional<double> GrowthMeter::hours_left(const flow::TapeStatus& tape, bool tape_is_cut) const {
  if (samples_.empty() || samples_.back().at - samples_.front().at < kGrowthLeast) return std::nullopt;
  const Sample& first = samples_.front();
  const Sample& last = samples_.back();
  const double hours = static_cast<double>(last.at - first.at) / static_cast<double>(base::kHour);
  std::optional<double> left;
  const auto consider = [&](std::uint64_t before, std::uint64_t now, std::uint64_t room) {
    if (now <= before) return;
    const double until = static_cast<double>(room) * hours / static_cast<double>(now - before);
    if (!left || until < *left) left = until;
  };
  consider(first.on_disk, last.on_disk, tape.disk_free_bytes);
  if (!tape_is_cut && tape.bytes_max > 0)
    consider(first.on_tape, last.on_tape,
             tape.bytes_max > tape.bytes_used ? tape.bytes_max - tape.bytes_used : 0);
  return left;
}

void RateMeter::note(std::uint64_t total, base::DurationNanos now) {
  const std::lock_guard lock(mutex_);
  if (!samples_.empty() && now - samples_.back().at < base::kSecond / 2) return;
  samples_.push_back({now, total});
  while (samples_.size() > 2 && now - samples_.front().at > kRateSpan) samples_.pop_front();
}

double RateMeter::per_second(base::DurationNanos now) const {
  const std::lock_guard lock(mutex_);
  if (samples_.size() < 2 || now - samples_.back().at > kRateSpan) return 0;
  const base::DurationNanos span = std::max(now, samples_.back().at + 1) - samples_.front().at;
  return static_cast<double>(samples_.back().total - samples_.front().total) * 1e9 /
         static_cast<double>(span);
}

ProcessStatus::ProcessStatus(const OpenDirectory& directory, ProcessParts parts, std::uint64_t starts)
    : directory_(directory),
      parts_(std::move(parts)),
      restarts_(starts - 1),
      start_id_(base::random_id()),
      started_at_(base::system_clock().wall_now()),
      started_monotonic_(base::system_clock().monotonic_now()) {}

base::Result<std::unique_ptr<ProcessStatus>> ProcessStatus::open(const OpenDirectory& directory,
                                                                 ProcessParts parts) {
  ASSIGN_OR_RETURN(const std::uint64_t starts, count_start(*directory.tape));
  return std::unique_ptr<ProcessStatus>(new ProcessStatus(directory, std::move(parts), starts));
}

base::Result<flow::PipelineStatus> ProcessStatus::collect() const {
  ASSIGN_OR_RETURN(flow::PipelineStatus status, directory_status(directory_));
  const base::DurationNanos now = base::system_clock().monotonic_now();
  status.running = true;
  // What others write is counted by the shards.
  if (!directory_.tape->events_of().empty()) rate.note(status.total.received, now);
  status.source_kind = parts_.source_kind;
  if (parts_.speed > 0) status.speed = parts_.speed;
  status.process = process_at(now);
  add_problems(status);
  status.process.stages = stages(status);
  measure_growth(status, now);
  return status;
}

flow::ProcessStatus ProcessStatus::process_at(base::DurationNanos now) const {
  flow::ProcessStatus process;
  process.start_id = start_id_;
  process.started_at = started_at_;
  process.uptime = now - started_monotonic_;
  process.restarts = restarts_;
  process.events_per_second = rate.per_second(now);
  const double done = parts_.caught_up ? parts_.caught_up() : 1;
  if (done < 1) process.catching_up = done;
  if (parts_.oracle) process.oracle = parts_.oracle();
  process.sinks = sinks_of(board);
  return process;
}

void ProcessStatus::add_problems(flow::PipelineStatus& status) const {
  for (const flow::SinkHealth& sink : status.process.sinks)
    if (sink.state != flow::StageState::ok)
      status.problems.push_back(std::string("sink ").append(sink.name).append(": ").append(sink.error));
  const std::string held_by = board.held_by();
  if (!held_by.empty() && (status.tape.ingest_paused || held_by.starts_with("sink")))
    status.problems.push_back(std::string("the tape is larger than tape.retention_size and cannot be cut: ")
                                  .append(held_by)
                                  .append(" still needs what is at its beginning"));
}

void ProcessStatus::measure_growth(flow::PipelineStatus& status, base::DurationNanos now) const {
  const std::lock_guard lock(growth_mutex_);
  if (status.process.catching_up) return growth_.restart();
  if (growth_.wants(now)) growth_.note(bytes_on_disk(directory_.paths.root), status.tape, now);
  status.tape.hours_left = growth_.hours_left(status.tape, parts_.tape_is_cut);
}

std::vector<flow::StageStatus> ProcessStatus::stages(const flow::PipelineStatus& status) const {
  const flow::ProcessStatus& process = status.process;
  flow::StageStatus source = stage("source", "flowing", per_second(process.events_per_second));
  if (process.catching_up) source.word = "catching up";
  if (parts_.source_kind == "none") source = stage("source", "none", "");
  if (source.word == "flowing" && process.events_per_second == 0 && process.uptime > kRateSpan) {
    source.state = flow::StageState::idle;
    source.word = "quiet";
  }
  flow::StageStatus ingest = stage("ingest", "ok", grouped(status.total.received));
  if (board.blocked()) {
    ingest.state = flow::StageState::degraded;
    ingest.word = "paused";
    ingest.detail = "no room on the tape or the disk; free space, or start with a larger --tape-size";
  }
  std::uint64_t waiting = 0;
  for (const flow::PartitionStatus& partition : status.partitions) waiting += partition.waiting;
  flow::StageStatus shards = stage("shards", "ok", grouped(waiting).append(" waiting"));
  std::uint64_t lag = 0;  // of those that do not wait by design
  for (const flow::SinkStatus& sink : status.sinks) {
    const bool gathers = std::any_of(process.sinks.begin(), process.sinks.end(), [&](const auto& health) {
      return health.name == sink.name && health.gathers;
    });
    if (!gathers) lag = std::max(lag, sink.lag);
  }
  flow::StageStatus sinks = stage("sinks", "ok", std::string("lag ").append(grouped(lag)));
  flow::StageStatus live = stage("live", "ok", "");
  for (const auto& entry : board.stages()) {  // clang-tidy 16 falls over a structured binding here
    const std::string& name = entry.first;
    const runtime::StageHealth& health = entry.second;
    flow::StageStatus& of = name == "ingest"             ? ingest
                            : name.starts_with("shard/") ? shards
                            : name == "sink/live"        ? live
                                                         : sinks;
    of.restarts += health.restarts;
    if (health.failing) set_failing(of, std::string(name).append(": ").append(health.error));
  }
  flow::StageStatus tape =
      stage("tape", "ok",
            status.tape.kind == "kafka" ? std::string("Kafka")
                                        : grouped(status.tape.bytes_used / 1'000'000).append(" MB"));
  if (status.tape.ingest_paused) {
    tape.state = flow::StageState::degraded;
    tape.word = "full";
    tape.detail = "ingest pauses until there is room";
  }
  flow::StageStatus ledger = stage("ledger", "exact", grouped(status.total.received));
  if (!status.total.adds_up()) {
    ledger.state = flow::StageState::failed;
    ledger.word = "wrong";
    ledger.detail = "the ledger does not add up; run verify";
  }
  return {source, ingest, tape, shards, sinks, live, ledger};
}

std::string summary_of(const flow::ProcessStatus& process) {
  const std::int64_t minutes = process.uptime / base::kMinute;
  std::string text = "running ";
  if (minutes >= 60) text.append(std::to_string(minutes / 60)).append(" h ");
  text.append(minutes > 0 ? std::to_string(minutes % 60).append(" min")
                          : std::to_string(process.uptime / base::kSecond).append(" s"));
  text.append(", ").append(per_second(process.events_per_second));
  if (process.catching_up)
    text.append(", catching up ")
        .append(std::to_string(static_cast<int>(*process.catching_up * 100)))
        .append(" %");
  if (process.restarts > 0)
    text.append(", started ").append(std::to_string(process.restarts)).append(" times before");
  if (process.oracle)
    text.append(", oracle: ")
        .append(grouped(process.oracle->exact))
        .append(" of ")
        .append(grouped(process.oracle->judged))
        .append(" bars exact");
  return text;
}

std::string lost_rows(const flow::PipelineStatus& status) {
  std::string text;
  for (const flow::SourceStatus& source : status.sources)
    text.append(lost_line(source.lost, std::string("messages of ").append(source.name),
                          std::string(" of ").append(source.lost_input)));
  for (const flow::PartitionStatus& partition : status.partitions)
    text.append(lost_line(partition.lost,
                          std::string("rows of partition ").append(std::to_string(partition.partition)), ""));
  return text;
}

base::Result<flow::PipelineStatus> directory_status(const OpenDirectory& directory) {
  ASSIGN_OR_RETURN(flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  ASSIGN_OR_RETURN(tape::TapeUsage usage, tape::usage_of(*directory.tape));
  if (usage.bytes_max == 0) {  // the tape is elsewhere; store, checkpoints and history are on this disk
    ASSIGN_OR_RETURN(usage.disk_free_bytes, base::system_disk().free_bytes(directory.paths.root));
  }
  status.tape = {usage.bytes_used,    usage.bytes_max, usage.disk_free_bytes,
                 usage.ingest_paused, std::nullopt,    tape_kind(directory.paths)};
  status.origin = flow::origin_name(directory.origin);
  status.intervals = directory.settings.intervals;
  if (status.tape.ingest_paused)
    status.problems.emplace_back(
        "degraded: no room on the tape or the disk; free space, or start with a larger --tape-size");
  if (!status.total.adds_up()) status.problems.emplace_back("the ledger does not add up; run verify");
  status.running = is_running(directory.paths);
  for (const flow::SourceStatus& source : status.sources) {
    if (source.truncated)
      status.problems.push_back("source " + source.name +
                                ": its compressed input ended early; give the whole file, or --finish");
    else if (!source.finished && !status.running && source.name != directory.tape->events_of())
      status.problems.push_back("source " + source.name +
                                " is unfinished; start it again with the same arguments");
  }
  return status;
}

}  // namespace tickerhouse::app

#include "runtime/retention.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "runtime/checkpoint.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {
namespace {

constexpr const char* kWriter = "retention";
constexpr std::uint64_t kShare = 16;  // of what may go, at a time: no more is cut than the size asks for

}  // namespace

Retention::Retention(RetentionOptions options, Parts parts)
    : options_(std::move(options)), parts_(std::move(parts)) {}

base::Result<bool> Retention::step(base::TsNanos wall_now) {
  held_by_.clear();
  bool too_large = false;
  if (options_.bytes > 0) {
    ASSIGN_OR_RETURN(const std::uint64_t used, options_.used());
    too_large = used > options_.bytes;
  }
  if (!too_large && options_.age == 0) return false;
  ASSIGN_OR_RETURN(const std::vector<Limit> found, limits(wall_now));
  return cut(found, too_large);
}

base::Result<std::vector<Retention::Limit>> Retention::limits(base::TsNanos wall_now) {
  std::vector<Limit> found(parts_.partitions);
  held_by_ = "the oldest checkpoint";
  for (std::uint16_t p = 0; p < parts_.partitions; ++p) {
    ASSIGN_OR_RETURN(found[p].begin, parts_.tape.begin(flow::Topic::events, p));
    found[p].to = found[p].begin;
    if (parts_.checkpoints == nullptr) continue;
    ASSIGN_OR_RETURN(const auto oldest, Checkpoints(*parts_.checkpoints, p).oldest(found[p].begin));
    if (oldest) found[p].to = oldest->progress.next;
  }
  RETURN_IF_ERROR(options_.shared ? hold_for_sinks_elsewhere(found) : base::Status());
  RETURN_IF_ERROR(hold_for_sinks(found));
  if (options_.age > 0)
    for (std::uint16_t p = 0; p < parts_.partitions; ++p) {
      ASSIGN_OR_RETURN(found[p].too_old, first_young(p, found[p], wall_now - options_.age));
    }
  return found;
}

// Sinks without a target of their own remember nothing and are at the end.
base::Status Retention::hold_for_sinks(std::vector<Limit>& limits) {
  for (const flow::Sink* sink : parts_.sinks) {
    const flow::SinkInfo& info = sink->info();
    const bool reads =
        std::find(info.topics.begin(), info.topics.end(), flow::Topic::events) != info.topics.end();
    if (!reads || !info.durable) continue;
    ASSIGN_OR_RETURN(const std::string bytes,
                     flow::position_of(parts_.tape, std::string(kSinkPrefix).append(info.name)));
    flow::SinkPosition position;
    if (!bytes.empty()) {
      ASSIGN_OR_RETURN(position, decode_sink_position(bytes));
    }
    hold(limits, info.name, std::move(position));
  }
  return {};
}

// What other processes' sinks have read is known by their positions on the tape; one that reads no events
// has none of them there.
base::Status Retention::hold_for_sinks_elsewhere(std::vector<Limit>& limits) {
  ASSIGN_OR_RETURN(const auto sinks, parts_.tape.positions(kSinkPrefix));
  for (const auto& [writer, bytes] : sinks) {
    ASSIGN_OR_RETURN(flow::SinkPosition position, decode_sink_position(bytes));
    const bool reads = std::any_of(position.begin(), position.end(), [](const auto& place) {
      return place.first.first == flow::Topic::events;
    });
    if (reads) hold(limits, writer.substr(kSinkPrefix.size()), std::move(position));
  }
  return {};
}

void Retention::hold(std::vector<Limit>& limits, const std::string& sink, flow::SinkPosition position) {
  for (std::uint16_t p = 0; p < parts_.partitions; ++p) {
    const flow::Offset next = position[{flow::Topic::events, p}];
    if (next >= limits[p].to) continue;
    limits[p].to = std::max(limits[p].begin, next);
    held_by_ = std::string("sink ").append(sink);
  }
}

// Where the first batch begins whose last event is not too old; control rows count by their own time.
base::Result<flow::Offset> Retention::first_young(std::uint16_t partition, const Limit& limit,
                                                  base::TsNanos horizon) {
  ASSIGN_OR_RETURN(const auto reader, parts_.tape.read(flow::Topic::events, partition, limit.begin));
  flow::Offset at = limit.begin;
  flow::TapeBatch batch;
  while (at < limit.to) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more || market::EventBatchView(batch.bytes).rows().back().ts_event >= horizon) break;
    at = batch.next;
  }
  return std::min(at, limit.to);
}

// A share of what may go; all of it if that share lies within one batch.
base::Result<bool> Retention::cut(const std::vector<Limit>& limits, bool too_large) {
  if (!too_large) held_by_.clear();
  for (const std::uint64_t share : {kShare, std::uint64_t{1}}) {
    std::vector<flow::Cut> cuts;
    for (std::uint16_t p = 0; p < parts_.partitions; ++p) {
      const Limit& limit = limits[p];
      flow::Offset to = std::max(limit.begin, limit.too_old);
      const std::uint64_t removable = limit.to.value - limit.begin.value;
      if (too_large) to.value = std::max(to.value, limit.begin.value + (removable + share - 1) / share);
      if (to > limit.begin) cuts.push_back({flow::Topic::events, p, to});
    }
    if (cuts.empty()) return false;
    RETURN_IF_ERROR(commit(cuts));
    for (std::uint16_t p = 0; p < parts_.partitions; ++p) {
      ASSIGN_OR_RETURN(const flow::Offset begin, parts_.tape.begin(flow::Topic::events, p));
      if (begin == limits[p].begin) continue;
      held_by_.clear();
      return true;
    }
  }
  return false;
}

// The writer's position is the number of its commits.
base::Status Retention::commit(const std::vector<flow::Cut>& cuts) {
  ASSIGN_OR_RETURN(const std::string before, flow::position_of(parts_.tape, kWriter));
  std::string after;
  base::ByteWriter(after).put((before.empty() ? 0 : base::ByteReader(before).get<std::uint64_t>()) + 1);
  ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                   parts_.tape.commit({kWriter, before, after, {}, flow::Claim::results, cuts}));
  if (outcome == flow::CommitOutcome::fenced)
    return base::Error{base::ErrorCode::busy, "another process cuts this tape", kWriter};
  return {};
}

}  // namespace tickerhouse::runtime

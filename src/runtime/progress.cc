#include "runtime/progress.h"

#include <algorithm>
#include <numeric>

#include "base/bytes.h"

namespace tickerhouse::runtime {
namespace {

constexpr std::uint32_t kProgressVersion = 1;
constexpr std::uint32_t kProgressVersionWithLost = 2;  // of a shard
constexpr std::uint32_t kProgressVersionOfOthers = 3;  // of a shard whose events are messages of others
// Of a source: what version 1 holds of rejects, and the version that counts all of today's reasons. A
// position is compared with the stored one, so what version 1 can say is said in it.
constexpr std::size_t kRejectReasons1 = 16;
constexpr std::uint32_t kProgressVersionAllReasons = 2;
constexpr std::uint32_t kProgressVersionLostInput = 3;

base::Error damaged(const char* what) {
  return {base::ErrorCode::damaged, std::string("unreadable position of a ").append(what), "tape"};
}

void put_holes(base::ByteWriter& out, const std::vector<SeqHole>& holes) {
  out.put(static_cast<std::uint32_t>(holes.size()));
  for (const SeqHole& hole : holes) {
    out.put(hole.low);
    out.put(hole.high);
    out.put(static_cast<std::uint32_t>(hole.missing.size()));
    for (const auto& [first, last] : hole.missing) {
      out.put(first);
      out.put(last);
    }
  }
}

void get_holes(base::ByteReader& in, std::vector<SeqHole>& holes) {
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    SeqHole& hole = holes.emplace_back();
    hole.low = in.get<base::TsNanos>();
    hole.high = in.get<base::TsNanos>();
    for (auto ranges = in.get<std::uint32_t>(); ranges > 0 && in.ok(); --ranges) {
      const auto first = in.get<std::int64_t>();
      hole.missing.emplace_back(first, in.get<std::int64_t>());
    }
  }
}

void put_lost(base::ByteWriter& out, const flow::LostRows& lost) {
  for (const std::uint64_t number : {lost.from, lost.to, lost.offsets}) out.put(number);
}

void get_lost(base::ByteReader& in, flow::LostRows& lost) {
  for (std::uint64_t* number : {&lost.from, &lost.to, &lost.offsets}) *number = in.get<std::uint64_t>();
}

void put_lost_input(base::ByteWriter& out, const SourceProgress& progress) {
  put_lost(out, progress.lost);
  out.put_text(progress.lost_input);
  out.put(static_cast<std::uint32_t>(progress.lost_stretches.size()));
  for (const LostStretch& stretch : progress.lost_stretches) {
    out.put(stretch.input);
    out.put(stretch.low);
    out.put(stretch.high);
  }
}

void get_lost_input(base::ByteReader& in, SourceProgress& progress) {
  get_lost(in, progress.lost);
  progress.lost_input = in.get_text();
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    LostStretch& stretch = progress.lost_stretches.emplace_back();
    stretch.input = in.get<std::uint16_t>();
    stretch.low = in.get<base::TsNanos>();
    stretch.high = in.get<base::TsNanos>();
  }
}

}  // namespace

std::string shard_writer(std::uint16_t partition) {
  return std::string(kShardPrefix).append(std::to_string(partition));
}

std::uint64_t SourceProgress::rejected() const {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint64_t{0});
}

std::string SourceProgress::encode() const {
  const auto later = rejects.begin() + kRejectReasons1;
  const bool some_lost = lost.offsets > 0;
  const bool all =
      some_lost || std::any_of(later, rejects.end(), [](std::uint64_t count) { return count > 0; });
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(some_lost ? kProgressVersionLostInput : all ? kProgressVersionAllReasons : kProgressVersion);
  out.put(origin);
  out.put(live);
  out.put(finished);
  out.put(truncated);
  for (const base::TsNanos ts : {opened_at, greatest, watermark, greatest_seq_ts, gap_low, gap_high})
    out.put(ts);
  out.put(greatest_seq);
  for (const std::uint64_t count : {events, skipped, rounded, announcements}) out.put(count);
  for (auto count = rejects.begin(); count != (all ? rejects.end() : later); ++count) out.put(*count);
  put_holes(out, holes);
  out.put(static_cast<std::uint32_t>(partitions_used.size()));
  for (const bool used : partitions_used) out.put(used);
  out.put_text(source_position);
  if (some_lost) put_lost_input(out, *this);
  return bytes;
}

base::Result<SourceProgress> SourceProgress::decode(std::string_view bytes) {
  base::ByteReader in(bytes);
  SourceProgress progress;
  const auto version = in.get<std::uint32_t>();
  if (version < kProgressVersion || version > kProgressVersionLostInput) return damaged("source");
  progress.origin = in.get<flow::Origin>();
  progress.live = in.get<bool>();
  progress.finished = in.get<bool>();
  progress.truncated = in.get<bool>();
  for (base::TsNanos* ts : {&progress.opened_at, &progress.greatest, &progress.watermark,
                            &progress.greatest_seq_ts, &progress.gap_low, &progress.gap_high})
    *ts = in.get<base::TsNanos>();
  progress.greatest_seq = in.get<std::int64_t>();
  for (std::uint64_t* count :
       {&progress.events, &progress.skipped, &progress.rounded, &progress.announcements})
    *count = in.get<std::uint64_t>();
  const std::size_t reasons = version == kProgressVersion ? kRejectReasons1 : progress.rejects.size();
  for (std::size_t i = 0; i < reasons; ++i) progress.rejects[i] = in.get<std::uint64_t>();
  get_holes(in, progress.holes);
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count)
    progress.partitions_used.push_back(in.get<bool>());
  progress.source_position = in.get_text();
  if (version == kProgressVersionLostInput) get_lost_input(in, progress);
  if (!in.at_end()) return damaged("source");
  return progress;
}

std::string ShardProgress::encode() const {
  std::string bytes;
  base::ByteWriter out(bytes);
  const bool of_others = started.value > 0 || messages != engine::MessageCounts{};
  const bool some_lost = of_others || lost.offsets > 0;
  out.put(of_others ? kProgressVersionOfOthers : some_lost ? kProgressVersionWithLost : kProgressVersion);
  out.put(next.value);
  for (const std::uint64_t sequence : sequences) out.put(sequence);
  out.put(counts);
  if (some_lost) put_lost(out, lost);
  if (of_others) {
    out.put(started.value);
    messages.save(out);
  }
  return bytes;
}

base::Result<ShardProgress> ShardProgress::decode(std::string_view bytes) {
  ShardProgress progress;
  if (bytes.empty()) return progress;
  base::ByteReader in(bytes);
  const auto version = in.get<std::uint32_t>();
  if (version < kProgressVersion || version > kProgressVersionOfOthers) return damaged("shard");
  progress.next.value = in.get<std::uint64_t>();
  for (std::uint64_t& sequence : progress.sequences) sequence = in.get<std::uint64_t>();
  progress.counts = in.get<engine::ShardCounts>();
  if (version >= kProgressVersionWithLost) get_lost(in, progress.lost);
  if (version == kProgressVersionOfOthers) {
    progress.started.value = in.get<std::uint64_t>();
    progress.messages.load(in);
  }
  if (!in.at_end()) return damaged("shard");
  return progress;
}

std::string encode_sink_position(const flow::SinkPosition& position) {
  std::string bytes;
  base::ByteWriter out(bytes);
  out.put(kProgressVersion);
  out.put(static_cast<std::uint32_t>(position.size()));
  for (const auto& [place, next] : position) {
    out.put(place.first);
    out.put(place.second);
    out.put(next.value);
  }
  return bytes;
}

base::Result<flow::SinkPosition> decode_sink_position(std::string_view bytes) {
  flow::SinkPosition position;
  if (bytes.empty()) return position;
  base::ByteReader in(bytes);
  if (in.get<std::uint32_t>() != kProgressVersion) return damaged("sink");
  for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count) {
    const auto topic = in.get<flow::Topic>();
    const auto partition = in.get<std::uint16_t>();
    position[{topic, partition}] = flow::Offset{in.get<std::uint64_t>()};
  }
  if (!in.at_end()) return damaged("sink");
  return position;
}

namespace {

std::map<std::string, std::uint64_t> by_reason(
    const std::array<std::uint64_t, market::kRejectReasons>& rejects) {
  std::map<std::string, std::uint64_t> counts;
  for (std::uint16_t reason = 1; reason < market::kRejectReasons; ++reason)
    if (rejects.at(reason) != 0)
      counts[market::reason_name(static_cast<market::RejectReason>(reason))] = rejects.at(reason);
  return counts;
}

flow::SourceStatus source_status(std::string name, const SourceProgress& progress) {
  flow::SourceStatus status;
  status.name = std::move(name);
  status.finished = progress.finished;
  status.truncated = progress.truncated;
  status.watermark = progress.watermark;
  status.received = progress.events + progress.rejected();
  status.skipped = progress.skipped;
  status.rounded = progress.rounded;
  status.rejects = by_reason(progress.rejects);
  status.lost = progress.lost;
  status.lost_input = progress.lost_input;
  return status;
}

// A topic of others has no position of its own: its shards know what came.
class OthersSource {
 public:
  explicit OthersSource(std::string topic) { status_.name = std::move(topic); }
  void add(const ShardProgress& progress) {
    status_.received += progress.counts.ledger.received;
    status_.skipped += progress.messages.skipped;
    status_.rounded += progress.messages.rounded;
    for (const auto& [reason, count] : by_reason(progress.messages.rejects)) status_.rejects[reason] += count;
    const base::TsNanos watermark = progress.messages.watermark;
    if (watermark == base::kNoTime) return;  // nothing came there yet
    const bool first = status_.watermark == base::kNoTime;
    status_.watermark = first ? watermark : std::min(status_.watermark, watermark);
  }
  [[nodiscard]] const flow::SourceStatus& status() const { return status_; }

 private:
  flow::SourceStatus status_;
};

base::Status add_sinks(flow::Tape& tape, flow::PipelineStatus& status) {
  ASSIGN_OR_RETURN(const auto sinks, tape.positions(kSinkPrefix));
  for (const auto& [writer, bytes] : sinks) {
    ASSIGN_OR_RETURN(const flow::SinkPosition position, decode_sink_position(bytes));
    for (const auto& [place, next] : position) {
      ASSIGN_OR_RETURN(const std::uint64_t lag, tape.rows_from(place.first, place.second, next));
      status.sinks.push_back(
          {writer.substr(kSinkPrefix.size()), flow::topic_name(place.first), place.second, next.value, lag});
    }
  }
  return {};
}

}  // namespace

base::Result<flow::PipelineStatus> collect_status(flow::Tape& tape, std::uint16_t partitions) {
  flow::PipelineStatus status;
  ASSIGN_OR_RETURN(auto sources, tape.positions(kSourcePrefix));
  for (auto& [writer, bytes] : sources) {
    ASSIGN_OR_RETURN(const SourceProgress progress, SourceProgress::decode(bytes));
    status.ingest.rejected += progress.rejected();
    status.sources.push_back(source_status(writer.substr(kSourcePrefix.size()), progress));
  }
  status.ingest.received = status.ingest.rejected;
  status.total = status.ingest;
  OthersSource others(tape.events_of());
  for (std::uint16_t partition = 0; partition < partitions; ++partition) {
    ASSIGN_OR_RETURN(const std::string bytes, position_of(tape, shard_writer(partition)));
    ASSIGN_OR_RETURN(const ShardProgress progress, ShardProgress::decode(bytes));
    ASSIGN_OR_RETURN(const std::uint64_t waiting,
                     tape.rows_from(flow::Topic::events, partition, progress.next));
    flow::PartitionStatus& row = status.partitions.emplace_back();
    row.partition = partition;
    row.ledger = progress.counts.ledger;
    row.waiting = waiting;
    row.id_reused = progress.counts.id_reused;
    row.lost = progress.lost;
    status.total += row.ledger;
    others.add(progress);
  }
  if (!others.status().name.empty()) status.sources.push_back(others.status());
  RETURN_IF_ERROR(add_sinks(tape, status));
  return status;
}

}  // namespace tickerhouse::runtime

#include "runtime/checkpoint.h"

#include "base/bytes.h"
#include "base/hash.h"
#include "flow/tape.h"

namespace tickerhouse::runtime {
namespace {

using Order = flow::CheckpointStore::Order;

constexpr std::uint32_t kMagic = 0x4b434854;  // "THCK"
constexpr std::uint32_t kCheckpointVersion = 1;

std::string encode(const Checkpoint& checkpoint) {
  std::string body;
  base::ByteWriter out(body);
  out.put_text(checkpoint.progress.encode());
  out.put_text(checkpoint.state);
  std::string bytes;
  base::ByteWriter head(bytes);
  head.put(kMagic);
  head.put(kCheckpointVersion);
  head.put(base::hash64(body));
  return bytes.append(body);
}

std::optional<Checkpoint> decode(std::string_view bytes) {
  base::ByteReader in(bytes);
  if (in.get<std::uint32_t>() != kMagic || in.get<std::uint32_t>() != kCheckpointVersion) return std::nullopt;
  const auto checksum = in.get<std::uint64_t>();
  constexpr std::size_t kHead = 16;
  if (!in.ok() || base::hash64(bytes.substr(kHead)) != checksum) return std::nullopt;
  auto progress = ShardProgress::decode(in.get_text());
  Checkpoint checkpoint;
  checkpoint.state = in.get_text();
  if (!progress.ok() || !in.at_end()) return std::nullopt;
  checkpoint.progress = *progress;
  return checkpoint;
}

}  // namespace

base::Status Checkpoints::save(const Checkpoint& checkpoint, std::string_view position) {
  const std::string writer = shard_writer(partition_);
  return store_.save({writer, partition_, checkpoint.progress.next, position, encode(checkpoint)});
}

base::Result<std::optional<Checkpoint>> Checkpoints::load(Range range, std::vector<std::string>& damaged) {
  std::optional<Checkpoint> found;
  RETURN_IF_ERROR(
      store_.look(partition_, Order::newest_first, [&](const std::string& name, std::string_view bytes) {
        found = decode(bytes);
        if (!found) damaged.push_back(name);
        if (found && (found->progress.next < range.from || found->progress.next > range.to)) found.reset();
        return found.has_value();
      }));
  return found;
}

base::Result<std::optional<Checkpoint>> Checkpoints::oldest(flow::Offset at_least) {
  std::optional<Checkpoint> found;
  RETURN_IF_ERROR(
      store_.look(partition_, Order::oldest_first, [&](const std::string&, std::string_view bytes) {
        found = decode(bytes);
        if (found && found->progress.next < at_least) found.reset();
        return found.has_value();
      }));
  return found;
}

base::Result<std::optional<Checkpoint>> replay_base(flow::Tape& tape, flow::CheckpointStore& store,
                                                    std::uint16_t partition) {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape.begin(flow::Topic::events, partition));
  ASSIGN_OR_RETURN(const std::string position, position_of(tape, shard_writer(partition)));
  ASSIGN_OR_RETURN(const ShardProgress durable, ShardProgress::decode(position));
  if (begin <= durable.started) return std::optional<Checkpoint>();
  ASSIGN_OR_RETURN(auto checkpoint, Checkpoints(store, partition).oldest(begin));
  if (!checkpoint) return cut_without_checkpoint(partition);
  return checkpoint;
}

base::Error cut_without_checkpoint(std::uint16_t partition) {
  return {base::ErrorCode::damaged,
          "the beginning of the tape was cut, and no checkpoint reaches back to what is left",
          shard_writer(partition)};
}

}  // namespace tickerhouse::runtime

#include "runtime/checkpoint.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "base/bytes.h"
#include "base/hash.h"
#include "flow/tape.h"

namespace tickerhouse::runtime {
namespace {

constexpr std::uint32_t kMagic = 0x4b434854;  // "THCK"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kKept = 3;
constexpr std::string_view kSuffix = ".ckpt";

std::string encode(const Checkpoint& checkpoint) {
  std::string body;
  base::ByteWriter out(body);
  out.put_text(checkpoint.progress.encode());
  out.put_text(checkpoint.state);
  std::string bytes;
  base::ByteWriter head(bytes);
  head.put(kMagic);
  head.put(kVersion);
  head.put(base::hash64(body));
  return bytes.append(body);
}

std::optional<Checkpoint> decode(std::string_view bytes) {
  base::ByteReader in(bytes);
  if (in.get<std::uint32_t>() != kMagic || in.get<std::uint32_t>() != kVersion) return std::nullopt;
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

CheckpointStore::CheckpointStore(base::Disk& disk, std::string directory, std::uint16_t partition)
    : disk_(disk),
      directory_(std::move(directory)),
      prefix_(std::string("shard-").append(std::to_string(partition)).append("-")) {}

base::Result<std::vector<std::string>> CheckpointStore::names() {
  ASSIGN_OR_RETURN(std::vector<std::string> all, disk_.list(directory_));
  std::erase_if(all, [this](const std::string& name) {
    return !name.starts_with(prefix_) || !name.ends_with(kSuffix);
  });
  return all;  // offsets have a fixed number of digits, so names sort by offset
}

base::Status CheckpointStore::save(const Checkpoint& checkpoint) {
  char offset[32];
  std::snprintf(offset, sizeof offset, "%020" PRIu64, checkpoint.progress.next.value);
  const std::string path = std::string(directory_).append("/").append(prefix_).append(offset).append(kSuffix);
  RETURN_IF_ERROR(disk_.replace_file(path, encode(checkpoint)));
  ASSIGN_OR_RETURN(const auto kept, names());
  for (std::size_t i = 0; i + kKept < kept.size(); ++i)
    RETURN_IF_ERROR(disk_.remove(std::string(directory_).append("/").append(kept[i])));
  return {};
}

base::Result<std::optional<Checkpoint>> CheckpointStore::load(flow::Offset at_most,
                                                              std::vector<std::string>& damaged) {
  ASSIGN_OR_RETURN(auto found, names());
  std::reverse(found.begin(), found.end());
  for (const std::string& name : found) {
    auto bytes = disk_.read_file(std::string(directory_).append("/").append(name));
    auto checkpoint = bytes.ok() ? decode(*bytes) : std::nullopt;
    if (!checkpoint) {
      damaged.push_back(name);
      continue;
    }
    if (checkpoint->progress.next <= at_most) return checkpoint;
  }
  return std::optional<Checkpoint>();
}

base::Result<std::optional<Checkpoint>> CheckpointStore::oldest(flow::Offset at_least) {
  ASSIGN_OR_RETURN(const auto found, names());
  for (const std::string& name : found) {
    const auto bytes = disk_.read_file(std::string(directory_).append("/").append(name));
    auto checkpoint = bytes.ok() ? decode(*bytes) : std::nullopt;
    if (checkpoint && checkpoint->progress.next >= at_least) return checkpoint;
  }
  return std::optional<Checkpoint>();
}

base::Result<std::optional<Checkpoint>> replay_base(flow::Tape& tape, CheckpointStore& checkpoints,
                                                    std::uint16_t partition) {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape.begin(flow::Topic::events, partition));
  if (begin.value == 0) return std::optional<Checkpoint>();
  ASSIGN_OR_RETURN(auto checkpoint, checkpoints.oldest(begin));
  if (!checkpoint)
    return base::Error{base::ErrorCode::damaged,
                       "the beginning of the tape was cut, and no checkpoint reaches back to what is left",
                       shard_writer(partition)};
  return checkpoint;
}

}  // namespace tickerhouse::runtime

#include "runtime/checkpoint_directory.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace tickerhouse::runtime {
namespace {

constexpr std::size_t kKept = 3;
constexpr std::string_view kSuffix = ".ckpt";

std::string prefix_of(std::uint16_t partition) {
  return std::string("shard-").append(std::to_string(partition)).append("-");
}

}  // namespace

std::string CheckpointDirectory::path(const std::string& name) const {
  return std::string(directory_).append("/").append(name);
}

base::Result<std::vector<std::string>> CheckpointDirectory::names(std::uint16_t partition) {
  ASSIGN_OR_RETURN(std::vector<std::string> all, disk_.list(directory_));
  std::erase_if(all, [prefix = prefix_of(partition)](const std::string& name) {
    return !name.starts_with(prefix) || !name.ends_with(kSuffix);
  });
  return all;  // offsets have a fixed number of digits, so names sort by offset
}

base::Status CheckpointDirectory::save(const flow::ShardState& state) {
  char offset[32];
  std::snprintf(offset, sizeof offset, "%020" PRIu64, state.next.value);
  const std::string name = prefix_of(state.partition).append(offset).append(kSuffix);
  RETURN_IF_ERROR(disk_.replace_file(path(name), std::string(state.bytes)));
  ASSIGN_OR_RETURN(const auto kept, names(state.partition));
  for (std::size_t i = 0; i + kKept < kept.size(); ++i) RETURN_IF_ERROR(disk_.remove(path(kept[i])));
  return {};
}

base::Status CheckpointDirectory::look(std::uint16_t partition, Order order, const Take& take) {
  ASSIGN_OR_RETURN(auto found, names(partition));
  if (order == Order::newest_first) std::reverse(found.begin(), found.end());
  for (const std::string& name : found) {
    const auto bytes = disk_.read_file(path(name));
    if (take(name, bytes.ok() ? std::string_view(*bytes) : std::string_view())) break;
  }
  return {};
}

}  // namespace tickerhouse::runtime

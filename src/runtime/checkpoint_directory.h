// Checkpoints as files of a directory: shard-<partition>-<offset>.ckpt, replaced atomically, of each shard
// the newest three kept.
#pragma once

#include <string>
#include <vector>

#include "base/disk.h"
#include "flow/checkpoint_store.h"

namespace tickerhouse::runtime {

class CheckpointDirectory final : public flow::CheckpointStore {
 public:
  CheckpointDirectory(base::Disk& disk, std::string directory)
      : disk_(disk), directory_(std::move(directory)) {}
  base::Status save(const flow::ShardState& state) override;
  base::Status look(std::uint16_t partition, Order order, const Take& take) override;

 private:
  base::Result<std::vector<std::string>> names(std::uint16_t partition);  // oldest first
  [[nodiscard]] std::string path(const std::string& name) const;

  base::Disk& disk_;
  std::string directory_;
};

}  // namespace tickerhouse::runtime

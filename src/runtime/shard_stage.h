// The stage of one shard: it runs it, or waits for the process that does.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runtime/retry.h"
#include "runtime/shard_host.h"

namespace tickerhouse::runtime {

class ShardStage {
 public:
  ShardStage(const StageContext& context, std::uint16_t partition);
  base::Status open();
  base::Result<Turn> turn();
  // What another process needs to go on quickly.
  base::Status save_checkpoint();

 private:
  // How far another process is, by its committed position.
  struct Watch {
    flow::Offset next;
    base::DurationNanos moved_at = 0;
    base::DurationNanos due = 0;
  };
  base::Result<Turn> step();
  base::Result<Turn> watch(Watch& seen);
  base::Status failed(const base::Error& error);
  Turn finish();
  void publish_forming();

  const StageContext& context_;
  std::uint16_t partition_;
  Retry retry_;
  std::unique_ptr<ShardHost> host_;
  std::optional<Watch> watch_;  // another process runs the shard
  bool done_ = false;
  base::DurationNanos committed_at_ = 0;
  base::DurationNanos formed_at_ = 0;
  std::vector<flow::FormingBar> forming_;
};

}  // namespace tickerhouse::runtime

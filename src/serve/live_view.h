// What is now: the latest bars of every symbol, the windows still open, and what the engine noticed. It lives
// in memory and feeds the WebSocket; losing it loses nothing. Written by the thread of its sink and by the
// shards (forming bars), read by the server's threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/operator.h"
#include "flow/sink.h"
#include "flow/store.h"

namespace tickerhouse::serve {

class LiveState;

struct LiveViewOptions {
  std::vector<base::DurationNanos> intervals;  // of the directory
  std::uint16_t partitions = 1;
};

class LiveView {
 public:
  // What the store holds of the latest windows is loaded first, and the sink goes on where the store stood;
  // store may be null: then the sink reads the topics from their beginning.
  static base::Result<std::unique_ptr<LiveView>> open(const LiveViewOptions& options, flow::Store* store,
                                                      base::Clock& clock);
  virtual ~LiveView() = default;
  // Topics bars, late, rejects. Nothing durable: its position is not published.
  virtual flow::Sink& sink() = 0;
  // The provisional bars of windows that changed since the last call for that partition; from a shard's
  // thread.
  virtual void forming(std::uint16_t partition, std::span<const flow::FormingBar> bars) = 0;
  virtual LiveState& state() = 0;  // what the server reads
};

}  // namespace tickerhouse::serve

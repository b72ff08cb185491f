// Where results leave the pipeline. A sink reads result topics at its own pace; called from one thread. Its
// position lives inside its target, in the same transaction as the data, so applying the same batches again
// changes nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "flow/tape.h"

namespace tickerhouse::flow {

using SinkPosition =
    std::map<std::pair<Topic, std::uint16_t>, Offset>;  // the next offset to apply, by topic and partition

// How long rows wait on the tape for a flush, which has a cost of its own.
struct SinkPace {
  base::DurationNanos interval = 0;  // from the start or the last flush; 0: the host's, the first at once
  // So many waiting rows are reason enough, also the most between two flushes; a bar counts as three, since
  // they wait in memory. 0: the host's.
  std::uint64_t rows = 0;
};

struct SinkInfo {
  std::string name;  // in status and in the writer name of its published position
  std::vector<Topic> topics;
  SinkPace pace = {};
  bool durable = true;  // false: it lives in memory; its position is not published and holds back nothing
};

struct ResultBatch {
  Topic topic = Topic::bars;
  std::uint16_t partition = 0;
  TapeBatch rows;
};

class Sink {
 public:
  virtual ~Sink() = default;
  [[nodiscard]] virtual const SinkInfo& info() const = 0;
  virtual base::Result<SinkPosition> restore() = 0;          // what is durable in the target
  virtual base::Status apply(const ResultBatch& batch) = 0;  // the batch is borrowed for the call
  virtual base::Result<SinkPosition>
  flush() = 0;  // everything applied is durable when this returns; says how far that is
};

}  // namespace tickerhouse::flow

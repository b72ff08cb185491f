// Events of a tape that are messages of others: each message is one row, so that offsets count both.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "market/batch_builder.h"

namespace tickerhouse::flow {

struct OthersMessage {
  std::optional<std::string_view> value;    // none: a tombstone
  base::TsNanos timestamp = base::kNoTime;  // of the message, what the future guard goes by
};

// A pure function of the messages, on whatever machine: a shard is replayed from them. One thread.
class MessageRows {
 public:
  virtual ~MessageRows() = default;
  // Before a value is read: what that needs is known. `io`: not now, and the message is asked for again.
  virtual base::Status prepare(std::string_view value) = 0;
  // Appends the row: an event, or the status row of a message that is none.
  virtual void append(const OthersMessage& message, market::EventBatchBuilder& to) = 0;
};

// A topic of others that is the events of a tape.
struct OthersEvents {
  std::string topic;
  std::function<base::Result<std::unique_ptr<MessageRows>>()> make_rows;
};

}  // namespace tickerhouse::flow

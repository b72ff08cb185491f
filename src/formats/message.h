// Rows of a topic as JSON messages, read back: what append_event_json, append_control_json and
// append_bar_json write (formats/output.h) gives the same row again. Readers of messages that others write
// are the decoders of formats/record.h.
#pragma once

#include <memory>
#include <string_view>

#include "market/batch_builder.h"

namespace tickerhouse::formats {

// Whether it begins as a watermark or status row of ours does, which are no records to a reader of events.
bool is_control_json(std::string_view json);

// One reader per thread: it keeps its buffers.
class MessageReader {
 public:
  MessageReader();
  ~MessageReader();
  MessageReader(const MessageReader&) = delete;
  MessageReader& operator=(const MessageReader&) = delete;

  // Appends one row and its strings. false: no message of ours, and nothing was appended.
  bool read_event(std::string_view json, market::EventBatchBuilder& to);
  bool read_bar(std::string_view json, market::BatchBuilder<market::BarRow>& to);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tickerhouse::formats

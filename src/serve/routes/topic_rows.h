// Rows of a topic for people: as JSON, and from the newest backwards without reading the whole topic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "flow/tape.h"

namespace tickerhouse::serve {

// One row where it lies; valid until its reader moves on.
struct TopicRow {
  flow::Topic topic = flow::Topic::events;
  const market::BatchBytes* bytes = nullptr;
  std::uint32_t index = 0;
  std::uint64_t offset = 0;

  void append_json(std::string& out) const;       // as `tail` prints it, without LF
  [[nodiscard]] std::string_view symbol() const;  // empty: it has none
  [[nodiscard]] bool is_market_data() const;      // false: a watermark or a status
  [[nodiscard]] std::string_view reject_reason() const;
  [[nodiscard]] base::TsNanos time() const;  // received, else of the event, else of the window's end; kNoTime
};

std::optional<flow::Topic> topic_of(std::string_view name);
// Of a directory with so many; rejects and symbols have one.
std::uint16_t partitions_of(flow::Topic topic, std::uint16_t partitions);

enum class OffsetsOf : std::uint8_t { embedded_tape, kafka };  // the latter have holes

// Walks a partition from `upper` (exclusive) down to where it begins. Where offsets have holes, some hundred
// offsets at a time are read forwards and held.
class BackwardReader {
 public:
  static base::Result<BackwardReader> open(flow::Tape& tape, flow::Topic topic, std::uint16_t partition,
                                           std::uint64_t upper, OffsetsOf offsets = OffsetsOf::embedded_tape);

  // The last row below upper(), which is then the offset behind it; nothing at the beginning of the topic, or
  // of what is kept of it. The same one until pop().
  base::Result<std::optional<TopicRow>> peek();
  void pop() { --range_.upper; }
  [[nodiscard]] std::uint64_t upper() const { return range_.upper; }
  [[nodiscard]] bool at_begin() const { return range_.upper <= range_.begin; }
  [[nodiscard]] std::uint16_t partition() const { return partition_; }

 private:
  struct Range {
    std::uint64_t begin;
    std::uint64_t upper;
  };
  BackwardReader(flow::Tape& tape, flow::Topic topic, std::uint16_t partition, Range range, bool has_holes)
      : tape_(&tape), topic_(topic), partition_(partition), range_(range), has_holes_(has_holes) {}
  // Rows without a hole between them. The bytes are the tape's, or a copy.
  struct Run {
    std::uint64_t first = 0;
    market::BatchBytes bytes;
    std::vector<std::uint64_t> copy;
  };
  base::Result<bool> take_batch();  // of the row before upper; false: there is none
  base::Status scan();
  base::Status hold(const flow::TapeBatch& batch);

  flow::Tape* tape_;
  flow::Topic topic_;
  std::uint16_t partition_;
  Range range_;
  bool has_holes_;
  std::unique_ptr<flow::TapeReader> reader_;  // keeps the bytes of a run that is no copy
  std::vector<Run> runs_;                     // ascending
};

}  // namespace tickerhouse::serve

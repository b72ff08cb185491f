// Compares results computed again with those on the tape, row by row and byte for byte: recovery and verify
// prove replay with it.
#pragma once

#include <array>
#include <memory>

#include "engine/shard.h"
#include "flow/tape.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

class ResultCheck {
 public:
  // Expects the results of `partition` that follow `from`.
  static base::Result<ResultCheck> open(flow::Tape& tape, std::uint16_t partition,
                                        const ResultSequences& from);
  // `check_failed` with topic, partition, offset and both rows at the first difference; also when the tape
  // has fewer rows.
  base::Status expect(const engine::ShardResults& results);
  // Rows compared so far, plus `from`.
  [[nodiscard]] const ResultSequences& sequences() const { return sequences_; }

 private:
  struct Cursor {
    std::unique_ptr<flow::TapeReader> reader;
    flow::TapeBatch batch;
    std::uint32_t row = 0;
    bool loaded = false;
    bool compacted = false;
    bool ahead = false;  // the row was looked at, and is still to be compared
  };
  ResultCheck() = default;
  base::Result<bool> next_row(std::size_t topic);
  template <typename Row>
  base::Status expect_rows(std::size_t topic, const market::BatchBuilder<Row>& rows);

  std::uint16_t partition_ = 0;
  ResultSequences sequences_{};
  std::array<Cursor, kResultTopics.size()> cursors_;
};

}  // namespace tickerhouse::runtime

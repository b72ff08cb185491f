// The rows that one step of a shard adds to a topic.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "market/batch_builder.h"

namespace tickerhouse::engine {

// Rows of one topic, in as many batches as they need: one watermark may close more windows than a batch
// holds.
template <typename Row>
class ResultBatches {
 public:
  market::BatchBuilder<Row>& open() {  // the batch of the next row
    if (used_ == 0 || batches_[used_ - 1].rows.size() == market::kBatchRowsMax)
      if (++used_ > batches_.size()) batches_.emplace_back();
    return batches_[used_ - 1];
  }
  [[nodiscard]] std::span<const market::BatchBuilder<Row>> batches() const {
    return {batches_.data(), used_};
  }
  void clear() {
    for (; used_ > 0; --used_) batches_[used_ - 1].clear();
  }

 private:
  std::vector<market::BatchBuilder<Row>> batches_;
  std::size_t used_ = 0;
};

}  // namespace tickerhouse::engine

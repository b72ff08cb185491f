// A tape as others than the embedded one are: offsets have holes, batches are cut anywhere but never across a
// hole, results are found by their sequence, and bars that a later revision has replaced may be gone.
#pragma once

#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "flow/tape.h"
#include "market/batch_builder.h"

namespace tickerhouse::tests {

class HoleyTape final : public flow::Tape {
 public:
  static constexpr std::uint64_t kRun = 7;  // rows between two holes
  explicit HoleyTape(flow::Tape& tape) : tape_(tape) {}

  // Rows of `bars` in partition 0 that are gone, by their sequence.
  std::set<std::uint64_t> gone;
  bool says_compacted = true;

  base::Result<flow::CommitOutcome> commit(const flow::Commit& commit) override {
    return tape_.commit(commit);
  }
  base::Result<std::vector<std::pair<std::string, std::string>>> positions(std::string_view prefix) override {
    return tape_.positions(prefix);
  }
  base::Result<flow::Offset> begin(flow::Topic topic, std::uint16_t partition) override {
    ASSIGN_OR_RETURN(const flow::Offset row, tape_.begin(topic, partition));
    return flow::Offset{offset_of(row.value)};
  }
  base::Result<flow::Offset> end(flow::Topic topic, std::uint16_t partition) override {
    ASSIGN_OR_RETURN(const flow::Offset row, tape_.end(topic, partition));
    return flow::Offset{offset_of(row.value) + 1};
  }
  base::Result<flow::Offset> find_sequence(flow::Topic, std::uint16_t, std::uint64_t sequence) override {
    return flow::Offset{offset_of(sequence)};
  }
  [[nodiscard]] bool is_compacted(flow::Topic topic) const override {
    return says_compacted && topic == flow::Topic::bars;
  }
  base::Result<std::unique_ptr<flow::TapeReader>> read(flow::Topic topic, std::uint16_t partition,
                                                       flow::Offset from) override {
    std::uint64_t row = from.value / (kRun + 1) * kRun;
    while (offset_of(row) < from.value) ++row;
    ASSIGN_OR_RETURN(auto reader, tape_.read(topic, partition, flow::Offset{row}));
    static const std::set<std::uint64_t> kNone;
    return std::unique_ptr<flow::TapeReader>(
        std::make_unique<Reader>(std::move(reader), topic == flow::Topic::bars ? gone : kNone));
  }

  static std::uint64_t offset_of(std::uint64_t row) { return row + row / kRun; }

 private:
  class Reader final : public flow::TapeReader {
   public:
    Reader(std::unique_ptr<flow::TapeReader> reader, const std::set<std::uint64_t>& gone)
        : reader_(std::move(reader)), gone_(gone) {}

    base::Result<bool> next(flow::TapeBatch& batch) override {
      do {
        if (at_ == end_) {
          ASSIGN_OR_RETURN(const bool more, reader_->next(inner_));
          if (!more) return false;
          at_ = inner_.skip;
          end_ = inner_.bytes.row_count();
        }
        const std::uint64_t row = row_at(at_);
        std::uint32_t last = at_;
        while (last < end_ && row_at(last) / kRun == row / kRun && !gone_.contains(row_at(last))) ++last;
        if (last == at_) {
          ++at_;  // the row is gone
          continue;
        }
        give(batch, last);
        return true;
      } while (true);
    }

   private:
    [[nodiscard]] std::uint64_t row_at(std::uint32_t index) const {
      return inner_.first.value - inner_.skip + index;
    }
    void give(flow::TapeBatch& batch, std::uint32_t last) {
      const std::uint64_t row = row_at(at_);
      const std::string sealed = inner_.bytes.header().row_kind == market::RowKind::bar
                                     ? slice<market::BarRow>(last, row)
                                     : slice<market::EventRow>(last, row);
      storage_.assign(sealed.size() / sizeof(Unit) + 1, {});
      std::memcpy(storage_.data(), sealed.data(), sealed.size());
      batch.bytes =
          market::BatchBytes::open({reinterpret_cast<const char*>(storage_.data()), sealed.size()}).value();
      batch.first = {offset_of(row)};
      batch.next = {batch.first.value + (last - at_)};
      batch.skip = 0;
      at_ = last;
    }
    template <typename Row>
    std::string slice(std::uint32_t last, std::uint64_t row) const {
      const market::BatchView<Row> view(inner_.bytes);
      market::BatchBuilder<Row> builder;
      for (std::uint16_t s = 0; s < view.string_count(); ++s) builder.strings.intern(view.string(s));
      for (std::uint32_t i = at_; i < last; ++i) {
        if (!view.text(i).empty()) builder.add_text(i - at_, view.text(i));
        builder.rows.push_back(view.rows()[i]);
      }
      std::string sealed;
      builder.seal(sealed, row);
      return sealed;
    }

    struct alignas(market::kBatchAlignment) Unit {
      char bytes[market::kBatchAlignment];
    };
    std::unique_ptr<flow::TapeReader> reader_;
    const std::set<std::uint64_t>& gone_;
    flow::TapeBatch inner_;
    std::uint32_t at_ = 0;
    std::uint32_t end_ = 0;
    std::vector<Unit> storage_;
  };

  flow::Tape& tape_;
};

}  // namespace tickerhouse::tests

// Several inputs as one, by event time: what is taken next is the record with the least.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "flow/source.h"
#include "sources/record_append.h"

namespace tickerhouse::sources {

enum class InputState {
  record,   // current() is there
  refill,   // call refill(); raw bytes handed out end their life, if not kBytesLiveOn
  waiting,  // nothing now, and the others wait for it
  quiet,    // read to its end, which may move; the others go on without it
  end,
  cut_off,
};

// Input: advance() → InputState, refill() → Result<bool> (false: waiting), current(), line(), take(),
// skipped(); where kBytesLiveOn, refill(Wait::no) too.
template <typename Input>
class MergedInputs {
 public:
  explicit MergedInputs(std::vector<std::unique_ptr<Input>> inputs)
      : inputs_(std::move(inputs)), ended_(inputs_.size(), false) {}

  [[nodiscard]] std::size_t size() const { return inputs_.size(); }
  [[nodiscard]] Input& at(std::size_t i) { return *inputs_[i]; }
  void add(std::unique_ptr<Input> input) {
    inputs_.push_back(std::move(input));
    ended_.push_back(false);
  }
  [[nodiscard]] std::uint64_t skipped() const {
    std::uint64_t sum = 0;
    for (const auto& input : inputs_) sum += input->skipped();
    return sum;
  }

  // Takes until the batch is full or an input must be read on: one whose bytes live on only if it does not
  // say at once what follows.
  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) {
    if (failed_) return *std::exchange(failed_, std::nullopt);
    const Poll poll{batch, records_max, skipped()};
    for (;;) {
      std::size_t least = inputs_.size();
      bool quiet = false;
      for (std::size_t i = 0; i < inputs_.size(); ++i) {
        if (ended_[i]) continue;
        ASSIGN_OR_RETURN(const InputState state, ready(i, poll));
        if (state == InputState::refill) return flow::PollState::more;
        if (state == InputState::waiting) return flow::PollState::idle;
        if (state == InputState::quiet) {
          quiet = true;
          continue;
        }
        if (state != InputState::record) {
          ended_[i] = true;
          cut_off_ = cut_off_ || state == InputState::cut_off;
          continue;
        }
        if (least == inputs_.size() || goes_before(*inputs_[i], *inputs_[least])) least = i;
      }
      if (least == inputs_.size()) {
        if (quiet) return flow::PollState::idle;
        return cut_off_ ? flow::PollState::cut_off : flow::PollState::finished;
      }
      Input& input = *inputs_[least];
      append_record(input.current(), input.line(), static_cast<std::uint16_t>(least), batch);
      input.take();
      if (batch.records() == records_max) return flow::PollState::more;
    }
  }

 private:
  struct Poll {
    const flow::SourceBatch& batch;
    std::size_t records_max = 0;
    std::uint64_t skipped_before = 0;
  };

  // A record of the input is there, or why not. Waits only while the batch is empty.
  base::Result<InputState> ready(std::size_t i, const Poll& poll) {
    for (;;) {
      const InputState state = inputs_[i]->advance();
      if (state != InputState::refill) return state;
      const std::uint64_t taken = poll.batch.records() + skipped() - poll.skipped_before;
      if (taken > 0) {
        if (taken >= poll.records_max || !read_on(*inputs_[i])) return InputState::refill;
        continue;
      }
      ASSIGN_OR_RETURN(const bool more, inputs_[i]->refill());
      if (!more) return InputState::waiting;
    }
  }

  // While the batch holds records, which an error must not cost: it is said by the next poll.
  bool read_on(Input& input) {
    if constexpr (Input::kBytesLiveOn) {
      auto more = input.refill(Input::Wait::no);
      if (!more.ok()) failed_ = more.error();
      return more.ok() && *more;
    }
    return false;
  }

  // Records without a time go at once; else the earlier one; ties: the earlier input.
  static bool goes_before(const Input& a, const Input& b) {
    if (b.current().fault) return false;
    return a.current().fault.has_value() || a.current().row.ts_event < b.current().row.ts_event;
  }

  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<bool> ended_;
  bool cut_off_ = false;
  std::optional<base::Error> failed_;
};

}  // namespace tickerhouse::sources

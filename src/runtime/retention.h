// Cuts the beginning of the events that nobody needs: older than an age, or more than fits a size. Never past
// the oldest checkpoint that is kept, from which the shard can be replayed, nor past what a sink still has to
// read. Results stay.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "flow/checkpoint_store.h"
#include "flow/sink.h"
#include "flow/tape.h"

namespace tickerhouse::runtime {

struct RetentionOptions {
  base::DurationNanos age = 0;                          // of events, by their time; 0: any
  std::uint64_t bytes = 0;                              // of the tape; 0: any
  std::function<base::Result<std::uint64_t>()> used{};  // bytes of the tape
  bool shared = false;                                  // other processes have sinks on it too
  [[nodiscard]] bool enabled() const { return age > 0 || bytes > 0; }
};

class Retention {
 public:
  struct Parts {
    flow::Tape& tape;
    flow::CheckpointStore* checkpoints;  // null: there are none, and nothing goes
    std::vector<flow::Sink*> sinks;
    std::uint16_t partitions = 1;
  };
  Retention(RetentionOptions options, Parts parts);
  // Some cutting, in a few short commits. True: there is more to cut now.
  base::Result<bool> step(base::TsNanos wall_now);
  // The tape is larger than wanted and cannot be cut: who holds it back. Empty: nobody.
  [[nodiscard]] const std::string& held_by() const { return held_by_; }

 private:
  struct Limit {
    flow::Offset begin;
    flow::Offset to;       // what may go
    flow::Offset too_old;  // what must, by age
  };
  base::Result<std::vector<Limit>> limits(base::TsNanos wall_now);
  base::Status hold_for_sinks(std::vector<Limit>& limits);
  base::Status hold_for_sinks_elsewhere(std::vector<Limit>& limits);
  void hold(std::vector<Limit>& limits, const std::string& sink, flow::SinkPosition position);
  base::Result<flow::Offset> first_young(std::uint16_t partition, const Limit& limit, base::TsNanos horizon);
  base::Result<bool> cut(const std::vector<Limit>& limits, bool too_large);
  base::Status commit(const std::vector<flow::Cut>& cuts);

  RetentionOptions options_;
  Parts parts_;
  std::string held_by_;
};

}  // namespace tickerhouse::runtime

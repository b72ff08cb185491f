// Rows that are gone from a tape before somebody has read them: a tape on Kafka has a retention of its own,
// and anybody may delete records. Nobody passes over them in silence; an operator may accept it.
#pragma once

#include <optional>
#include <string>

#include "flow/tape.h"

namespace tickerhouse::runtime {

struct TapeGap {
  flow::Topic topic = flow::Topic::events;
  std::uint16_t partition = 0;
  flow::Offset from;  // what was to be read next
  flow::Offset to;    // the first that is there
};

// What is missing for a reader that goes on at `next`.
base::Result<std::optional<TapeGap>> gap_before(flow::Tape& tape, flow::Topic topic, std::uint16_t partition,
                                                flow::Offset next);

// `configuration`: what to do is for the operator to say. `reader`: whose rows they are.
base::Error refuse_gap(const TapeGap& gap, const std::string& reader);

// `damaged`: nobody can go on behind it, for the reader's state there is unknown.
base::Error state_unknown(const TapeGap& gap, const std::string& reader);

// What is said when it was accepted.
std::string accepted_gap(const TapeGap& gap, const std::string& reader);

}  // namespace tickerhouse::runtime

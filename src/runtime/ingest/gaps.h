// Which stretches of event time may lack an event: numbers of a feed that did not come, and messages that
// were deleted before they were read (docs/semantics.md 3.4, 3.7).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "flow/source.h"
#include "runtime/progress.h"

namespace tickerhouse::runtime {

// An event with this number has come: opens a hole, fills one, or just goes on.
void note_seq(SourceProgress& progress, std::int64_t seq, base::TsNanos ts);

// Messages of an input, by that name, are gone; what they held lies from the watermark on.
void note_lost(SourceProgress& progress, const flow::LostRecords& lost, const std::string& input);

// What is said then.
std::string accepted_loss(const SourceProgress& progress);

// Before the watermark is raised by it: an event of this input has come. One that is not late says how far
// what was lost before it may reach.
void note_input(SourceProgress& progress, std::uint16_t input, base::TsNanos ts, base::DurationNanos bound);

// The stretches [low, high] to mark before watermark W takes effect, at most one per run of panes that was
// not marked last; drops what lies wholly below W: a number that comes later does not unmark it.
std::vector<std::pair<base::TsNanos, base::TsNanos>> gaps_below(SourceProgress& progress,
                                                                base::TsNanos watermark,
                                                                base::DurationNanos pane);

}  // namespace tickerhouse::runtime

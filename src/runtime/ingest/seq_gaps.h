// Missing numbers of a feed that counts its events (docs/semantics.md 3.4): which stretches of event time may
// lack an event.
#pragma once

#include <utility>
#include <vector>

#include "runtime/progress.h"

namespace tickerhouse::runtime {

// An event with this number has come: opens a hole, fills one, or just goes on.
void note_seq(SourceProgress& progress, std::int64_t seq, base::TsNanos ts);

// The stretches [low, high] to mark before watermark W takes effect, at most one per run of panes that was
// not marked last; drops holes that lie wholly below W: a number that comes later does not unmark them.
std::vector<std::pair<base::TsNanos, base::TsNanos>> gaps_below(SourceProgress& progress,
                                                                base::TsNanos watermark,
                                                                base::DurationNanos pane);

}  // namespace tickerhouse::runtime

// The bars of one shard, for all intervals at once.
//
// Events of a pane (a minute) that is still open go to the pane alone. When the watermark passes its end the
// pane is folded into the window of every interval that holds it, and is gone; from then on late events go to
// those windows directly. So a tick costs one aggregate, whatever the number of intervals, and the longer
// windows are exact sums of the shorter ones.
//
//   tick ─► pane 10:31 ─┐ at the watermark
//   tick ─► pane 10:32 ─┴──► windows 1m 5m 15m 30m 1h 1d ─► final ─► (late: revised)* ─► settled
//
// Work at a watermark is proportional to the symbols of its lane only when some window is due or has changed;
// otherwise it is O(1). Idea of panes: Li et al., "No pane, no gain", SIGMOD Record 34(1), 2005.
#pragma once

#include <memory>

#include "engine/settings.h"
#include "flow/operator.h"

namespace tickerhouse::analytics {

std::unique_ptr<flow::Operator> make_bar_builder(const engine::Settings& settings);

}  // namespace tickerhouse::analytics

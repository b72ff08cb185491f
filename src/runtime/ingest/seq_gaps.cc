#include "runtime/ingest/seq_gaps.h"

#include <algorithm>

namespace tickerhouse::runtime {
namespace {

// Takes one number out of the hole's missing ranges; false if it is not among them.
bool fill(SeqHole& hole, std::int64_t seq) {
  const auto range = std::lower_bound(hole.missing.begin(), hole.missing.end(), seq,
                                      [](const auto& r, std::int64_t s) { return r.second < s; });
  if (range == hole.missing.end() || seq < range->first) return false;
  const auto [first, last] = *range;
  if (first == last) {
    hole.missing.erase(range);
  } else if (seq == first) {
    ++range->first;
  } else if (seq == last) {
    --range->second;
  } else {
    range->second = seq - 1;
    hole.missing.insert(range + 1, {seq + 1, last});
  }
  return true;
}

}  // namespace

void note_seq(SourceProgress& progress, std::int64_t seq, base::TsNanos ts) {
  if (seq > progress.greatest_seq) {
    const std::int64_t before = progress.greatest_seq;
    if (before != market::kNoSeq && seq > before + 1)
      progress.holes.push_back({std::min(ts, progress.greatest_seq_ts),
                                std::max(ts, progress.greatest_seq_ts),
                                {{before + 1, seq - 1}}});
    progress.greatest_seq = seq;
    progress.greatest_seq_ts = ts;
    return;
  }
  // Holes are in the order of their numbers: the last one that begins at or before seq.
  const auto hole = std::find_if(progress.holes.rbegin(), progress.holes.rend(),
                                 [seq](const SeqHole& h) { return h.missing.front().first <= seq; });
  if (hole == progress.holes.rend() || !fill(*hole, seq)) return;
  if (hole->missing.empty()) progress.holes.erase(std::next(hole).base());
}

std::vector<std::pair<base::TsNanos, base::TsNanos>> gaps_below(SourceProgress& progress,
                                                                base::TsNanos watermark,
                                                                base::DurationNanos pane) {
  std::vector<std::pair<base::TsNanos, base::TsNanos>> stretches;
  for (const SeqHole& hole : progress.holes) {
    if (hole.low >= watermark) continue;
    const base::TsNanos low = base::floor_to(hole.low, pane);
    const base::TsNanos high = base::floor_to(std::min(watermark, hole.high), pane);
    if (low >= progress.gap_low && high <= progress.gap_high) continue;  // these panes were marked last
    stretches.emplace_back(hole.low, std::min(watermark, hole.high));
    progress.gap_low = low;
    progress.gap_high = high;
  }
  std::erase_if(progress.holes,
                [watermark](const SeqHole& hole) { return hole.low < watermark && hole.high <= watermark; });
  return stretches;
}

}  // namespace tickerhouse::runtime

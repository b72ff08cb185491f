#include "runtime/ingest/gaps.h"

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

class Stretches {
 public:
  Stretches(SourceProgress& progress, base::TsNanos watermark, base::DurationNanos pane)
      : progress_(progress), watermark_(watermark), pane_(pane) {}

  void add(base::TsNanos low, base::TsNanos high) {
    if (low >= watermark_) return;
    const base::TsNanos low_pane = base::floor_to(low, pane_);
    const base::TsNanos high_pane = base::floor_to(std::min(watermark_, high), pane_);
    if (low_pane >= progress_.gap_low && high_pane <= progress_.gap_high) return;  // these were marked last
    found_.emplace_back(low, std::min(watermark_, high));
    progress_.gap_low = low_pane;
    progress_.gap_high = high_pane;
  }
  [[nodiscard]] bool holds(base::TsNanos low, base::TsNanos high) const {
    return low < watermark_ && high <= watermark_;
  }
  [[nodiscard]] const std::vector<std::pair<base::TsNanos, base::TsNanos>>& found() const { return found_; }

 private:
  SourceProgress& progress_;
  base::TsNanos watermark_;
  base::DurationNanos pane_;
  std::vector<std::pair<base::TsNanos, base::TsNanos>> found_;
};

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

void note_lost(SourceProgress& progress, const flow::LostRecords& lost, const std::string& input) {
  progress.lost = {lost.from, lost.to, progress.lost.offsets + (lost.to - lost.from)};
  progress.lost_input = input;
  progress.lost_stretches.push_back({lost.file, std::max<base::TsNanos>(progress.watermark, 0)});
}

std::string accepted_loss(const SourceProgress& progress) {
  return std::string("up to ")
      .append(std::to_string(progress.lost.offsets))
      .append(" messages were deleted before they were read, the last ones from offset ")
      .append(std::to_string(progress.lost.from))
      .append(" to ")
      .append(std::to_string(progress.lost.to))
      .append(" of ")
      .append(progress.lost_input)
      .append("; it goes on without them, as --accept-gap says");
}

void note_input(SourceProgress& progress, std::uint16_t input, base::TsNanos ts, base::DurationNanos bound) {
  if (ts < progress.watermark) return;
  for (LostStretch& stretch : progress.lost_stretches)
    if (stretch.input == input && stretch.high == LostStretch::kOpen)
      stretch.high = std::max(ts, progress.greatest) + bound;
}

std::vector<std::pair<base::TsNanos, base::TsNanos>> gaps_below(SourceProgress& progress,
                                                                base::TsNanos watermark,
                                                                base::DurationNanos pane) {
  Stretches stretches(progress, watermark, pane);
  for (const SeqHole& hole : progress.holes) stretches.add(hole.low, hole.high);
  for (const LostStretch& lost : progress.lost_stretches) stretches.add(lost.low, lost.high);
  const auto passed = [&stretches](const auto& stretch) {
    return stretches.holds(stretch.low, stretch.high);
  };
  std::erase_if(progress.holes, passed);
  std::erase_if(progress.lost_stretches, passed);
  return stretches.found();
}

}  // namespace tickerhouse::runtime

// What the tape remembers of each writer: the positions of sources, shards and sinks, as bytes.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engine/shard.h"
#include "flow/sink.h"
#include "flow/source.h"
#include "flow/status.h"
#include "market/reject.h"

namespace tickerhouse::runtime {

inline constexpr std::string_view kSettingsWriter = "settings";
inline constexpr std::string_view kSourcePrefix = "source/";
inline constexpr std::string_view kShardPrefix = "shard/";
inline constexpr std::string_view kSinkPrefix = "sink/";
std::string shard_writer(std::uint16_t partition);

// Numbers of a feed that did not come, between two that did, and the event times they must lie in.
struct SeqHole {
  base::TsNanos low = 0;
  base::TsNanos high = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> missing;  // inclusive, ascending
};

// The event times that messages of an input may have had which were deleted before they were read.
struct LostStretch {
  static constexpr base::TsNanos kOpen = std::numeric_limits<base::TsNanos>::max();
  std::uint16_t input = 0;  // index into flow::SourceBatch::files
  base::TsNanos low = 0;
  base::TsNanos high = kOpen;  // until an event of that input has come
};

struct SourceProgress {
  flow::Origin origin = flow::Origin::recorded;
  bool live = false;
  bool finished = false;
  bool truncated = false;
  base::TsNanos opened_at = base::kNoTime;  // wall clock at the first start: reference of the future guard
  base::TsNanos greatest = base::kNoTime;   // max(ts_event)
  base::TsNanos watermark = base::kNoTime;
  std::uint64_t events = 0;
  std::uint64_t skipped = 0;
  std::uint64_t rounded = 0;
  std::uint64_t announcements = 0;  // starts and stops of a live source
  std::array<std::uint64_t, market::kRejectReasons> rejects{};
  std::int64_t greatest_seq = market::kNoSeq;
  base::TsNanos greatest_seq_ts = 0;
  std::vector<SeqHole> holes;
  base::TsNanos gap_low = base::kNoTime;  // the last stretch marked, in whole panes
  base::TsNanos gap_high = base::kNoTime;
  flow::LostRows lost;     // of its input's positions
  std::string lost_input;  // by name, of the last stretch
  std::vector<LostStretch> lost_stretches;
  std::vector<bool> partitions_used;
  std::string source_position;  // the source's own

  [[nodiscard]] std::uint64_t rejected() const;
  [[nodiscard]] std::string encode() const;
  static base::Result<SourceProgress> decode(std::string_view bytes);
};

// Results written so far, by topic: bars, settled, late.
using ResultSequences = std::array<std::uint64_t, 3>;
inline constexpr std::array<flow::Topic, 3> kResultTopics = {flow::Topic::bars, flow::Topic::settled,
                                                             flow::Topic::late};

struct ShardProgress {
  flow::Offset next;  // of events
  ResultSequences sequences{};
  engine::ShardCounts counts;
  flow::LostRows lost;  // all before `next` is in the counts or in here
  // Where the events are messages of others: the first that was there, and what became of the rest.
  flow::Offset started;
  engine::MessageCounts messages;

  // Nothing was stepped yet.
  [[nodiscard]] bool is_blank() const {
    return next.value == 0 && counts.ledger.received == 0 && lost.offsets == 0;
  }
  [[nodiscard]] std::string encode() const;
  static base::Result<ShardProgress> decode(std::string_view bytes);  // empty bytes: the beginning
};

std::string encode_sink_position(const flow::SinkPosition& position);
base::Result<flow::SinkPosition> decode_sink_position(std::string_view bytes);

// Everything `status` shows, from what is committed.
base::Result<flow::PipelineStatus> collect_status(flow::Tape& tape, std::uint16_t partitions);

}  // namespace tickerhouse::runtime

// The bytes of what a data directory keeps beside its batches. A difference that is meant needs a new version
// number in the format, and a decision what becomes of the old one.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "analytics/bar_builder.h"
#include "market/batch_builder.h"
#include "runtime/checkpoint.h"
#include "runtime/checkpoint_directory.h"
#include "runtime/progress.h"
#include "tests/support/golden_bytes.h"

namespace tickerhouse::runtime {
namespace {

using tests::as_golden;
using tests::golden_bytes;

constexpr base::TsNanos kOpen = 1'767'623'400'000'000'000;  // 2026-01-05T14:30:00Z

SourceProgress source_example() {
  SourceProgress source;
  source.origin = flow::Origin::recorded;
  source.finished = true;
  source.opened_at = kOpen + base::kDay;
  source.greatest = kOpen + base::kMinute;
  source.watermark = kOpen + 55 * base::kSecond;
  source.events = 1'000;
  source.skipped = 2;
  source.rounded = 3;
  source.rejects.at(static_cast<std::size_t>(market::RejectReason::bad_json)) = 4;
  source.greatest_seq = 1'010;
  source.greatest_seq_ts = kOpen + base::kMinute;
  source.holes = {{kOpen, kOpen + base::kSecond, {{5, 7}, {9, 9}}}};
  source.gap_low = kOpen;
  source.gap_high = kOpen + base::kMinute;
  source.partitions_used = {true, false, true};
  source.source_position = "opaque";
  return source;
}

ShardProgress shard_example() {
  ShardProgress shard;
  shard.next = {17};
  shard.sequences = {5, 4, 1};
  shard.counts.ledger = {.received = 12, .used = 8, .duplicate = 2, .late_revised = 1, .late_kept = 1};
  shard.counts.id_reused = 1;
  return shard;
}

engine::Settings settings_example() {
  engine::Settings settings;
  settings.partitions = 1;
  settings.intervals = {base::kMinute, base::kHour};
  return settings;
}

// A shard that has one trade in a closed window, one in an open pane and one late for good.
std::string shard_state() {
  market::EventBatchBuilder builder;
  const auto add = [&](market::EventKind kind, base::TsNanos ts, std::int64_t seq) {
    market::EventRow row;
    row.kind = kind;
    row.ts_event = ts;
    row.source = builder.strings.intern("feed.jsonl");
    if (kind == market::EventKind::trade) {
      row.symbol = builder.strings.intern("AAPL");
      row.seq = seq;
      row.trade.price = {150'250'000'000};
      row.trade.size = {100'000'000};
    }
    builder.rows.push_back(row);
  };
  add(market::EventKind::trade, kOpen, 1);
  add(market::EventKind::watermark, kOpen + 2 * base::kMinute, market::kNoSeq);
  add(market::EventKind::trade, kOpen + 2 * base::kMinute, 2);
  add(market::EventKind::watermark, kOpen + 5 * base::kMinute, market::kNoSeq);
  add(market::EventKind::trade, kOpen + base::kSecond, 3);
  std::string bytes;
  bytes.reserve(4'096);  // as aligned as a batch must be
  builder.seal(bytes, 0);
  const engine::Settings settings = settings_example();
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings));
  engine::Shard shard(settings, std::move(operators));
  engine::ShardResults results;
  const market::EventBatchView view(market::BatchBytes::open(bytes).value());
  shard.step(view, 0, view.rows().size(), 0, results);
  EXPECT_EQ(shard.counts().ledger.late_kept, 1U);
  std::string state;
  shard.save(state);
  return state;
}

TEST(StoredFormats, PositionOfASource) {
  EXPECT_EQ(as_golden(source_example().encode()), as_golden(golden_bytes("source_position_v1")));
  const auto read = SourceProgress::decode(golden_bytes("source_position_v1"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->encode(), source_example().encode());
  EXPECT_EQ(read->holes.at(0).missing.at(1).first, 9);
  EXPECT_EQ(read->source_position, "opaque");
}

TEST(StoredFormats, PositionOfAShard) {
  EXPECT_EQ(as_golden(shard_example().encode()), as_golden(golden_bytes("shard_position_v1")));
  const auto read = ShardProgress::decode(golden_bytes("shard_position_v1"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->sequences, shard_example().sequences);
  EXPECT_EQ(read->counts.ledger, shard_example().counts.ledger);
}

TEST(StoredFormats, PositionOfASink) {
  const flow::SinkPosition position = {{{flow::Topic::bars, 0}, {12}},
                                       {{flow::Topic::late, 3}, {1ULL << 40U}}};
  EXPECT_EQ(as_golden(encode_sink_position(position)), as_golden(golden_bytes("sink_position_v1")));
  EXPECT_EQ(decode_sink_position(golden_bytes("sink_position_v1")).value(), position);
}

TEST(StoredFormats, Checkpoint) {
  char folder[] = "/tmp/tickerhouse-golden-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder).append("/shard-0-00000000000000000017.ckpt");
  CheckpointDirectory files(base::system_disk(), folder);
  Checkpoints checkpoints(files, 0);
  ASSERT_TRUE(checkpoints.save({shard_example(), shard_state()}, "position").ok());
  EXPECT_EQ(as_golden(base::system_disk().read_file(path).value()), as_golden(golden_bytes("checkpoint_v1")));

  ASSERT_TRUE(base::system_disk().replace_file(path, golden_bytes("checkpoint_v1")).ok());
  std::vector<std::string> damaged;
  const auto loaded = checkpoints.load({{0}, {17}}, damaged);
  ASSERT_TRUE(loaded.ok() && loaded->has_value());
  EXPECT_TRUE(damaged.empty());
  std::vector<std::unique_ptr<flow::Operator>> operators;
  operators.push_back(analytics::make_bar_builder(settings_example()));
  engine::Shard shard(settings_example(), std::move(operators));
  EXPECT_TRUE(shard.load((*loaded)->state).ok());
  EXPECT_EQ(shard.counts().ledger.received, 3U);
  std::filesystem::remove_all(folder);
}

TEST(StoredFormats, Settings) {
  const std::string text =
      "bound=5s\nallowed_lateness=2m\nskew=5s\nidle_timeout=10s\ngrace=5s\npartitions=1\nintervals=1m 1h\n";
  EXPECT_EQ(engine::to_text(settings_example()), text);
  EXPECT_EQ(engine::settings_from_text(text).value(), settings_example());
}

}  // namespace
}  // namespace tickerhouse::runtime

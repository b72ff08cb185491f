// What a pipeline runs on in tests: a clock that moves when told, a disk in memory, a source that follows a
// script, a sink that keeps rows; and rows of the tape as text.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/disk.h"
#include "flow/sink.h"
#include "flow/source.h"
#include "flow/tape.h"
#include "runtime/ingest/ingest.h"
#include "runtime/shard_host.h"

namespace tickerhouse::tests {

// "10:00:01.5" on 2026-01-05, or with its own date in front: "2026-01-06T10:00".
base::TsNanos at(std::string_view time);
// Back, without the date if it is 2026-01-05 and without seconds that are zero.
std::string clock_text(base::TsNanos ts);

class FakeClock final : public base::Clock {
 public:
  base::TsNanos wall_now() override { return wall; }
  base::DurationNanos monotonic_now() override { return monotonic; }
  void sleep_for(base::DurationNanos duration) override { pass(duration); }
  void pass(base::DurationNanos duration) {
    wall += duration;
    monotonic += duration;
  }
  std::atomic<base::TsNanos> wall = at("2026-01-07T00:00");  // after all events of the scripts
  std::atomic<base::DurationNanos> monotonic = 1'000 * base::kSecond;
};

class FakeDisk final : public base::Disk {
 public:
  base::Result<std::string> read_file(const std::string& path) override;
  base::Status replace_file(const std::string& path, const std::string& content) override;
  base::Result<std::vector<std::string>> list(const std::string& directory) override;
  base::Status remove(const std::string& path) override;
  base::Result<std::uint64_t> free_bytes(const std::string& directory) override;
  std::map<std::string, std::string> files;

 private:
  std::mutex mutex_;
};

// One record of a script.
struct Entry {
  market::EventRow row;
  std::string symbol;
  std::string id;                 // trade_id; empty: none
  std::string venue;              // empty: none
  std::string raw;                // its line
  market::RejectReason reason{};  // set: it is a reject
};
Entry trade(std::string_view symbol, std::string_view time, std::string_view price, std::string_view size);
Entry quote(std::string_view symbol, std::string_view time);
Entry snapshot(std::string_view symbol, std::string_view time, std::string_view price,
               std::string_view day_volume);
Entry rejected(market::RejectReason reason, std::string_view raw);
Entry with_id(Entry entry, std::string_view id);
Entry with_seq(Entry entry, std::int64_t seq);

class ScriptedSource final : public flow::Source {
 public:
  ScriptedSource(std::string name, std::vector<Entry> entries, bool live = false);
  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }
  base::Status restore(std::string_view position) override;
  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override;

  void set_being_written() { info_.being_written = true; }

  std::vector<Entry> script;
  flow::PollState at_end;  // what it says once the script is used up
  std::size_t polls = 0;

 private:
  flow::SourceInfo info_;
  std::size_t next_ = 0;
};

// Keeps rows as text. Like a real target it has what was flushed, no more.
class RowsSink final : public flow::Sink {
 public:
  explicit RowsSink(std::vector<flow::Topic> topics, flow::SinkPace pace = {})
      : info_{"rows", std::move(topics), pace} {}
  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }
  base::Result<flow::SinkPosition> restore() override;
  base::Status apply(const flow::ResultBatch& batch) override;
  base::Result<flow::SinkPosition> flush() override;
  using Rows = std::map<std::pair<flow::Topic, std::uint16_t>, std::vector<std::string>>;
  [[nodiscard]] const Rows& durable() const { return durable_; }
  base::Status apply_fails;  // other than ok: what apply answers
  base::Status flush_fails;
  std::uint64_t lost = 0;  // rows that were deleted before it could read them

 private:
  flow::SinkInfo info_;
  flow::SinkPosition durable_position_;
  flow::SinkPosition position_;
  Rows durable_;
  Rows rows_;
};

// "bar AAPL 1m 10:00 revised 1 O 100 H 100 L 99 C 99 V 11 n 2 vwap 99.909090909 late"; "?" is unknown.
std::string bar_text(const market::BarRow& row, std::string_view symbol);
std::string event_text(const market::EventRow& row, const market::BatchBytes& batch);
// Row `index` in words, then every byte of it that is no string number.
std::string row_text(flow::Topic topic, const market::BatchBytes& batch, std::uint32_t index);

// All rows in words, or in words and bytes.
std::vector<std::string> words_of(flow::Tape& tape, flow::Topic topic, std::uint16_t partition = 0);
std::vector<std::string> rows_of(flow::Tape& tape, flow::Topic topic, std::uint16_t partition = 0);
// Every topic and partition, in words and bytes.
std::map<std::string, std::vector<std::string>> all_rows(flow::Tape& tape, std::uint16_t partitions,
                                                         const std::vector<flow::Topic>& topics);
inline const std::vector<flow::Topic> kResults = {flow::Topic::bars, flow::Topic::settled, flow::Topic::late};

engine::Settings settings_of(std::uint16_t partitions, std::vector<base::DurationNanos> intervals);
std::vector<std::unique_ptr<flow::Operator>> bar_operators(const engine::Settings& settings);

// Steps until it says something other than `progressed`.
runtime::IngestState drain(runtime::Ingest& ingest);
// Runs the shard of one partition over what is on the tape and commits it.
void run_shard(flow::Tape& tape, const engine::Settings& settings, std::uint16_t partition = 0);
// One source from where it stands to its end, with these options.
runtime::IngestState ingest_all(flow::Tape& tape, flow::Source& source, base::Clock& clock,
                                const runtime::IngestOptions& options);

// A stream that has everything: several symbols, sources' numbers with holes, ids again, late events,
// snapshots, quotes.
std::vector<Entry> mixed_stream(std::uint64_t seed, std::size_t count);

// xorshift64*: the same numbers on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}
  std::uint64_t below(std::uint64_t limit) {
    state_ ^= state_ >> 12U;
    state_ ^= state_ << 25U;
    state_ ^= state_ >> 27U;
    return (state_ * 0x2545F4914F6CDD1DULL >> 11U) % limit;
  }

 private:
  std::uint64_t state_;
};

}  // namespace tickerhouse::tests

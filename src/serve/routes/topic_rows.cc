#include "serve/routes/topic_rows.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "formats/output.h"
#include "formats/reject_output.h"

namespace tickerhouse::serve {

using flow::Topic;

namespace {

constexpr std::uint64_t kScannedOffsets = 256;
constexpr std::uint64_t kScanFactor = 4;

const market::BarRow& bar_at(const TopicRow& row) {
  return market::BatchView<market::BarRow>(*row.bytes).rows()[row.index];
}
const market::EventRow& event_at(const TopicRow& row) {
  return market::EventBatchView(*row.bytes).rows()[row.index];
}
const market::RejectRow& reject_at(const TopicRow& row) {
  return market::BatchView<market::RejectRow>(*row.bytes).rows()[row.index];
}

}  // namespace

void TopicRow::append_json(std::string& out) const {
  switch (bytes->header().row_kind) {
    case market::RowKind::bar:
      formats::append_bar_json(out, bytes->string(bar_at(*this).symbol), bar_at(*this));
      break;
    case market::RowKind::reject:
      formats::append_reject_json(out, reject_at(*this), bytes->string(reject_at(*this).source),
                                  bytes->text(index));
      break;
    case market::RowKind::event: {
      const market::EventRow& row = event_at(*this);
      const formats::EventNames names{bytes->string(row.symbol), bytes->string(row.venue),
                                      bytes->string(row.source), bytes->text(index)};
      is_market_data() ? formats::append_event_json(out, row, names)
                       : formats::append_control_json(out, row, names);
    }
  }
  if (out.ends_with('\n')) out.pop_back();
}

std::string_view TopicRow::symbol() const {
  if (bytes->header().row_kind == market::RowKind::bar) return bytes->string(bar_at(*this).symbol);
  if (bytes->header().row_kind == market::RowKind::event) return bytes->string(event_at(*this).symbol);
  return {};
}

bool TopicRow::is_market_data() const {
  return bytes->header().row_kind != market::RowKind::event ||
         market::carries_market_data(event_at(*this).kind);
}

std::string_view TopicRow::reject_reason() const {
  return bytes->header().row_kind == market::RowKind::reject ? market::reason_name(reject_at(*this).reason)
                                                             : "";
}

base::TsNanos TopicRow::time() const {
  if (bytes->header().row_kind == market::RowKind::bar) return bar_at(*this).window_end;
  if (bytes->header().row_kind == market::RowKind::reject) return reject_at(*this).ts_recv;
  const market::EventRow& row = event_at(*this);
  return row.ts_recv != base::kNoTime ? row.ts_recv : row.ts_event;
}

std::optional<Topic> topic_of(std::string_view name) {
  for (std::uint8_t topic = 1; topic <= flow::kTopicLast; ++topic)
    if (name == flow::topic_name(static_cast<Topic>(topic))) return static_cast<Topic>(topic);
  return std::nullopt;
}

std::uint16_t partitions_of(Topic topic, std::uint16_t partitions) {
  return topic == Topic::rejects || topic == Topic::symbols ? std::uint16_t{1} : partitions;
}

base::Result<BackwardReader> BackwardReader::open(flow::Tape& tape, Topic topic, std::uint16_t partition,
                                                  std::uint64_t upper, OffsetsOf offsets) {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape.begin(topic, partition));
  return BackwardReader(tape, topic, partition, {begin.value, std::max(begin.value, upper)},
                        offsets == OffsetsOf::kafka);
}

base::Result<std::optional<TopicRow>> BackwardReader::peek() {
  while (!runs_.empty() && range_.upper <= runs_.back().first) runs_.pop_back();
  if (runs_.empty() && !at_begin()) {
    ASSIGN_OR_RETURN(const bool taken, has_holes_ ? base::Result<bool>(false) : take_batch());
    if (!taken) RETURN_IF_ERROR(scan());
  }
  if (runs_.empty()) return std::optional<TopicRow>();
  const Run& run = runs_.back();
  const std::uint64_t offset = std::min(run.first + run.bytes.row_count(), range_.upper) - 1;
  range_.upper = offset + 1;
  return std::optional<TopicRow>(
      {topic_, &run.bytes, static_cast<std::uint32_t>(offset - run.first), offset});
}

// A read that begins at the last row wanted gives the whole batch that holds it.
base::Result<bool> BackwardReader::take_batch() {
  ASSIGN_OR_RETURN(reader_, tape_->read(topic_, partition_, flow::Offset{range_.upper - 1}));
  flow::TapeBatch batch;
  ASSIGN_OR_RETURN(const bool found, reader_->next(batch));
  has_holes_ = !found || batch.first.value != range_.upper - 1;
  if (!has_holes_) runs_.push_back({batch.first.value - batch.skip, batch.bytes, {}});
  return !has_holes_;
}

// Reads what lies before upper forwards, further back until there is something.
base::Status BackwardReader::scan() {
  // Retention may have cut while we walked.
  ASSIGN_OR_RETURN(const flow::Offset begin, tape_->begin(topic_, partition_));
  range_.begin = begin.value;
  range_.upper = std::max(range_.upper, range_.begin);
  for (std::uint64_t back = kScannedOffsets; runs_.empty() && !at_begin(); back *= kScanFactor) {
    const std::uint64_t from = range_.upper - std::min(back, range_.upper - range_.begin);
    ASSIGN_OR_RETURN(const auto reader, tape_->read(topic_, partition_, flow::Offset{from}));
    flow::TapeBatch batch;
    while (true) {
      ASSIGN_OR_RETURN(const bool found, reader->next(batch));
      if (!found || batch.first.value >= range_.upper) break;
      RETURN_IF_ERROR(hold(batch));
    }
    if (from == range_.begin && runs_.empty()) range_.upper = range_.begin;
  }
  return {};
}

base::Status BackwardReader::hold(const flow::TapeBatch& batch) {
  static_assert(market::kBatchAlignment <= alignof(std::max_align_t), "what operator new gives");
  const std::string_view bytes = batch.bytes.all();
  Run run;
  run.first = batch.first.value - batch.skip;
  run.copy.resize((bytes.size() + sizeof(std::uint64_t) - 1) / sizeof(std::uint64_t));
  std::memcpy(run.copy.data(), bytes.data(), bytes.size());
  ASSIGN_OR_RETURN(run.bytes,
                   market::BatchBytes::open({reinterpret_cast<const char*>(run.copy.data()), bytes.size()}));
  runs_.push_back(std::move(run));
  return {};
}

}  // namespace tickerhouse::serve

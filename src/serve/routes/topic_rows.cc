#include "serve/routes/topic_rows.h"

#include <algorithm>

#include "formats/output.h"

namespace tickerhouse::serve {

using flow::Topic;

namespace {

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
                       : formats::append_control_json(out, row, names.source);
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
                                                  std::uint64_t upper) {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape.begin(topic, partition));
  return BackwardReader(tape, topic, partition, {begin.value, std::max(begin.value, upper)});
}

base::Result<std::optional<TopicRow>> BackwardReader::peek() {
  if (at_begin()) return std::optional<TopicRow>();
  if (!batch_ || range_.upper <= batch_first_) {
    batch_.reset();
    // A read that begins at the last row wanted gives the whole batch that holds it.
    ASSIGN_OR_RETURN(reader_, tape_->read(topic_, partition_, flow::Offset{range_.upper - 1}));
    flow::TapeBatch batch;
    ASSIGN_OR_RETURN(const bool found, reader_->next(batch));
    if (!found || batch.first.value != range_.upper - 1) return beginning_has_moved();
    batch_ = batch;
    batch_first_ = batch.first.value - batch.skip;
  }
  const std::uint64_t offset = range_.upper - 1;
  return std::optional<TopicRow>(
      {topic_, &batch_->bytes, static_cast<std::uint32_t>(offset - batch_first_), offset});
}

// Retention may cut while we walk.
base::Result<std::optional<TopicRow>> BackwardReader::beginning_has_moved() {
  ASSIGN_OR_RETURN(const flow::Offset begin, tape_->begin(topic_, partition_));
  if (begin.value < range_.upper)
    return base::Error{base::ErrorCode::invalid_argument, "the offsets of this tape have holes", "tape"};
  range_ = {begin.value, begin.value};
  return std::optional<TopicRow>();
}

}  // namespace tickerhouse::serve

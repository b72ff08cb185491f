#include "tape/kafka/messages.h"

#include <charconv>
#include <optional>

#include "formats/output.h"

namespace tickerhouse::tape::kafka {
namespace {

using market::RowKind;

constexpr std::size_t kGatherRowsMax = 4'096;
constexpr std::size_t kGatherBytesMax = std::size_t{8} << 20U;

const char* kind_name(market::EventKind kind) {
  switch (kind) {
    case market::EventKind::trade:
      return "trade";
    case market::EventKind::quote:
      return "quote";
    case market::EventKind::snapshot:
      return "snapshot";
    case market::EventKind::cancel:
      return "cancel";
    case market::EventKind::correction:
      return "correction";
    case market::EventKind::status:
      return "status";
    case market::EventKind::watermark:
      return "watermark";
  }
  return "?";
}

RowKind row_kind_of(std::string_view kind) {
  if (kind == "bar") return RowKind::bar;
  if (kind == "reject") return RowKind::reject;
  return RowKind::event;
}

void put_number(std::string& text, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text.assign(digits.data(), end);
}

template <typename Integer>
bool get_number(std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<market::RejectReason> reason_of(std::string_view name) {
  for (std::uint16_t i = 1; i < market::kRejectReasons; ++i)
    if (name == market::reason_name(static_cast<market::RejectReason>(i)))
      return static_cast<market::RejectReason>(i);
  return std::nullopt;
}

}  // namespace

std::string_view Message::header(std::string_view name) const {
  for (std::size_t i = 0; i < header_count; ++i)
    if (headers.at(i).name == name) return headers.at(i).value;
  return {};
}

base::Result<std::uint64_t> sequence_of(const Message& message) {
  std::uint64_t sequence = 0;
  if (!get_number(message.header("sequence"), sequence))
    return base::Error{base::ErrorCode::damaged, "a result without its sequence", ""};
  return sequence;
}

MessageWriter::MessageWriter(SchemaIds ids) : ids_(std::move(ids)) {
  if (!ids_.empty()) avro_ = std::make_unique<Avro>();
}

base::Status MessageWriter::write(flow::Topic topic, const market::BatchBytes& batch,
                                  const TakeMessage& take) {
  const bool numbered = topic != flow::Topic::events;
  const auto known = ids_.find(topic);
  const std::uint32_t id = known == ids_.end() ? 0 : known->second;
  const TakeRow send = [&](Message& message, std::uint32_t row) {
    message.value = value_;
    if (numbered) {
      put_number(sequence_, static_cast<std::int64_t>(batch.header().first_sequence + row));
      message.add("sequence", sequence_);
    }
    return take(message);
  };
  switch (batch.header().row_kind) {
    case RowKind::event:
      return write_events(market::EventBatchView(batch), id, send);
    case RowKind::bar:
      return write_bars(market::BatchView<market::BarRow>(batch), id, send);
    case RowKind::reject:
      return write_rejects(market::BatchView<market::RejectRow>(batch), send);
  }
  return base::Error{base::ErrorCode::invalid_argument, "a batch of unknown rows", flow::topic_name(topic)};
}

base::Status MessageWriter::write_events(const market::EventBatchView& batch, std::uint32_t id,
                                         const TakeRow& send) {
  const auto rows = batch.rows();
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const market::EventRow& row = rows[i];
    const formats::EventNames names{batch.string(row.symbol), batch.string(row.venue),
                                    batch.string(row.source), batch.text(i)};
    value_.clear();
    if (id != 0) {
      formats::append_schema_id(value_, id);
      avro_->events.append_event(value_, row, names);
    } else {
      if (market::carries_market_data(row.kind)) {
        formats::append_event_json(value_, row, names);
      } else {
        formats::append_control_json(value_, row, names);
      }
      value_.pop_back();  // LF
    }
    Message message;
    message.key = names.symbol;
    message.has_key = row.symbol != market::kNoString;
    message.add("kind", kind_name(row.kind));
    RETURN_IF_ERROR(send(message, i));
  }
  return {};
}

base::Status MessageWriter::write_bars(const market::BatchView<market::BarRow>& batch, std::uint32_t id,
                                       const TakeRow& send) {
  const auto rows = batch.rows();
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const std::string_view symbol = batch.string(rows[i].symbol);
    value_.clear();
    if (id != 0) {
      formats::append_schema_id(value_, id);
      avro_->bars.append_bar(value_, symbol, rows[i]);
    } else {
      formats::append_bar_json(value_, symbol, rows[i]);
      value_.pop_back();  // LF
    }
    key_.assign(symbol).append(" ").append(base::format_duration(rows[i].interval)).append(" ");
    base::append_iso_time(key_, rows[i].window_start);
    Message message;
    message.key = key_;
    message.has_key = true;
    message.add("kind", "bar");
    RETURN_IF_ERROR(send(message, i));
  }
  return {};
}

base::Status MessageWriter::write_rejects(const market::BatchView<market::RejectRow>& batch,
                                          const TakeRow& send) {
  const auto rows = batch.rows();
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    const market::RejectRow& row = rows[i];
    value_.assign(batch.text(i));
    Message message;
    message.add("kind", "reject");
    message.add("reason", market::reason_name(row.reason));
    message.add("source", batch.string(row.source));
    put_number(texts_[0], static_cast<std::int64_t>(row.line));
    message.add("line", texts_[0]);
    put_number(texts_[1], static_cast<std::int64_t>(row.item));
    message.add("item", texts_[1]);
    put_number(texts_[2], static_cast<std::int64_t>(row.raw_length));
    message.add("length", texts_[2]);
    if (row.raw_hash != base::Hash128{}) {
      texts_[3] = base::to_hex(row.raw_hash);
      message.add("hash", texts_[3]);
    }
    if (row.ts_recv != base::kNoTime) {
      texts_[4].clear();
      base::append_iso_time(texts_[4], row.ts_recv);
      message.add("ts_recv", texts_[4]);
    }
    RETURN_IF_ERROR(send(message, i));
  }
  return {};
}

bool has_room(const market::EventBatchBuilder& events, std::size_t bytes) {
  return events.rows.size() < kGatherRowsMax && bytes < kGatherBytesMax &&
         events.strings.size() + 3 < market::kBatchStringsMax;
}

bool BatchGatherer::has_room() const { return rows_ < kGatherRowsMax && kafka::has_room(events_, bytes_); }

base::Result<bool> BatchGatherer::add(flow::Topic topic, const Message& message) {
  const RowKind kind = row_kind_of(message.header("kind"));
  std::uint64_t sequence = 0;
  const bool numbered = topic != flow::Topic::events;
  if (numbered) {
    ASSIGN_OR_RETURN(sequence, sequence_of(message));
  }
  if (rows_ > 0) {
    const bool follows = !numbered || sequence == first_sequence_ + rows_;
    if (kind != kind_ || !follows || !has_room()) return false;
  }
  bool read = true;
  switch (kind) {
    case RowKind::event:
      read = reader_.read_event(message.value, events_);
      break;
    case RowKind::bar:
      read = reader_.read_bar(message.value, bars_);
      break;
    case RowKind::reject:
      RETURN_IF_ERROR(add_reject(message));
      break;
  }
  if (!read)
    return base::Error{base::ErrorCode::damaged,
                       std::string("no message of ours: ").append(message.value.substr(0, 200)),
                       flow::topic_name(topic)};
  if (rows_ == 0) {
    kind_ = kind;
    first_sequence_ = sequence;
  }
  ++rows_;
  bytes_ += message.value.size();
  return true;
}

base::Status BatchGatherer::add_reject(const Message& message) {
  market::RejectRow row;
  const auto reason = reason_of(message.header("reason"));
  const std::string_view received = message.header("ts_recv");
  const std::string_view hash = message.header("hash");
  const auto ts_recv = base::parse_iso_time(received);
  const auto raw_hash = base::hash_from_hex(hash);
  if (!reason || !get_number(message.header("line"), row.line) ||
      !get_number(message.header("item"), row.item) ||
      !get_number(message.header("length"), row.raw_length) || (!received.empty() && !ts_recv) ||
      (!hash.empty() && !raw_hash))
    return base::Error{base::ErrorCode::damaged, "a reject with unreadable headers", "rejects"};
  row.reason = *reason;
  row.ts_recv = ts_recv.value_or(base::kNoTime);
  row.raw_hash = raw_hash.value_or(base::Hash128{});
  row.source = rejects_.strings.intern(message.header("source"));
  rejects_.add_text(static_cast<std::uint32_t>(rejects_.rows.size()), message.value);
  rejects_.rows.push_back(row);
  return {};
}

std::string_view BatchGatherer::seal() {
  sealed_.clear();
  const market::BatchParts::Place place = kind_ == RowKind::event ? events_.seal(sealed_, first_sequence_)
                                          : kind_ == RowKind::bar ? bars_.seal(sealed_, first_sequence_)
                                                                  : rejects_.seal(sealed_, first_sequence_);
  return std::string_view(sealed_).substr(place.offset, place.size);
}

void BatchGatherer::clear() {
  events_.clear();
  bars_.clear();
  rejects_.clear();
  rows_ = 0;
  bytes_ = 0;
}

}  // namespace tickerhouse::tape::kafka

// Rows as they lie on the tape: newest first for those who look, ascending for those who page through.
#include <algorithm>
#include <array>

#include "market/symbol.h"
#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"
#include "serve/routes/topic_rows.h"

namespace tickerhouse::serve {
namespace {

using flow::Topic;

constexpr std::size_t kPageBytesMax = 4U << 20U;     // of an answer: a reject may be 4 MiB long
constexpr std::uint64_t kRowsLookedAtMax = 200'000;  // for one page; a rare symbol or reason takes several

struct Wanted {
  Topic topic = Topic::events;
  std::string symbol;  // empty: any
  std::string reason;
  std::uint64_t limit = kLimitDefault;
};

bool wanted(const TopicRow& row, const Wanted& what) {
  return row.is_market_data() && (what.symbol.empty() || row.symbol() == what.symbol) &&
         (what.reason.empty() || row.reject_reason() == what.reason);
}

// A cursor is the upper offsets of the partitions: "21587.0.44".
std::optional<std::vector<std::uint64_t>> parse_cursor(std::string_view text, std::size_t count) {
  std::vector<std::uint64_t> offsets;
  while (offsets.size() < count) {
    const std::size_t stop = std::min(text.find('.'), text.size());
    const auto number = whole_number(text.substr(0, stop));
    if (!number || (stop == text.size()) != (offsets.size() + 1 == count)) return std::nullopt;
    offsets.push_back(*number);
    text.remove_prefix(std::min(text.size(), stop + 1));
  }
  return offsets;
}

OffsetsOf offsets_in(const Core& core) { return core.cluster ? OffsetsOf::kafka : OffsetsOf::embedded_tape; }

base::Result<std::vector<BackwardReader>> readers_at(Core& core, const Wanted& what,
                                                     const std::string* cursor) {
  const std::uint16_t count = partitions_of(what.topic, core.parts.partitions);
  const base::Error wrong{base::ErrorCode::invalid_argument, "expected what `next` said", "cursor"};
  const bool given = cursor != nullptr && !cursor->empty();
  const auto uppers = given ? parse_cursor(*cursor, count) : std::vector<std::uint64_t>();
  if (!uppers) return wrong;
  std::vector<BackwardReader> readers;
  for (std::uint16_t p = 0; p < count; ++p) {
    ASSIGN_OR_RETURN(const flow::Offset end, core.parts.tape.end(what.topic, p));
    const bool other = !what.symbol.empty() && market::partition_of(what.symbol, core.parts.partitions) != p;
    const std::uint64_t upper = given ? (*uppers)[p] : other ? 0 : end.value;
    if (upper > end.value) return wrong;
    ASSIGN_OR_RETURN(BackwardReader reader,
                     BackwardReader::open(core.parts.tape, what.topic, p, upper, offsets_in(core)));
    readers.push_back(std::move(reader));
  }
  return readers;
}

// The reader with the youngest row; null: all are at the beginning.
base::Result<BackwardReader*> youngest(std::vector<BackwardReader>& readers) {
  BackwardReader* best = nullptr;
  base::TsNanos best_time = base::kNoTime;
  for (BackwardReader& reader : readers) {
    ASSIGN_OR_RETURN(const std::optional<TopicRow> row, reader.peek());
    if (!row || (best != nullptr && row->time() <= best_time)) continue;
    best = &reader;
    best_time = row->time();
  }
  return best;
}

void put_place(JsonText& json, const BackwardReader& reader, const TopicRow& row) {
  std::string value;
  row.append_json(value);
  json.begin('{').key("partition").number(reader.partition()).key("offset").number(row.offset);
  json.key("value").raw(value).end('}');
}

void put_cursor(JsonText& json, const std::vector<BackwardReader>& readers) {
  std::string cursor;
  bool rest = false;
  for (const BackwardReader& reader : readers) {
    cursor.append(cursor.empty() ? "" : ".").append(std::to_string(reader.upper()));
    rest = rest || !reader.at_begin();
  }
  rest ? json.text(cursor) : json.null();
}

base::Result<std::string> newest_first(Core& core, const Wanted& what, const std::string* cursor) {
  ASSIGN_OR_RETURN(std::vector<BackwardReader> readers, readers_at(core, what, cursor));
  std::string out;
  JsonText json(out);
  json.begin('{').key(flow::topic_name(what.topic)).begin('[');
  std::uint64_t found = 0;
  for (std::uint64_t looked = 0;
       found < what.limit && looked < kRowsLookedAtMax && out.size() < kPageBytesMax; ++looked) {
    ASSIGN_OR_RETURN(BackwardReader* const reader, youngest(readers));
    if (reader == nullptr) break;
    ASSIGN_OR_RETURN(const std::optional<TopicRow> row, reader->peek());
    if (!row) break;
    if (wanted(*row, what)) {
      put_place(json, *reader, *row);
      ++found;
    }
    reader->pop();
  }
  json.end(']').key("next");
  put_cursor(json, readers);
  json.end('}');
  return out;
}

Answer answer_newest(Core& core, const Call& call, Wanted what) {
  const auto limit = limit_of(call);
  if (!limit.ok()) return error_answer(limit.error());
  what.limit = *limit;
  auto page = newest_first(core, what, call.parameter("cursor"));
  return page.ok() ? json_answer(std::move(*page)) : error_answer(page.error());
}

struct Place {
  Topic topic;
  std::uint16_t partition;
  std::uint64_t end;
};

void put_reader(JsonText& json, const std::string& name, std::uint64_t position, std::uint64_t end) {
  json.begin('{').key("name").text(name).key("position").number(position);
  json.key("lag").number(end - std::min(end, position)).end('}');
}

void put_readers(JsonText& json, const Place& place, const flow::PipelineStatus& status) {
  json.key("readers").begin('[');
  if (place.topic == Topic::events)
    for (const flow::PartitionStatus& shard : status.partitions)
      if (shard.partition == place.partition)
        put_reader(json, "shard", place.end - std::min(place.end, shard.waiting), place.end);
  for (const flow::SinkStatus& sink : status.sinks)
    if (sink.partition == place.partition && sink.topic == flow::topic_name(place.topic))
      put_reader(json, sink.name, sink.position, place.end);
  json.end(']');
}

base::Status put_topic(JsonText& json, Core& core, Topic topic, const flow::PipelineStatus& status) {
  json.begin('{').key("topic").text(flow::topic_name(topic)).key("partitions").begin('[');
  for (std::uint16_t p = 0; p < partitions_of(topic, core.parts.partitions); ++p) {
    ASSIGN_OR_RETURN(const flow::Offset begin, core.parts.tape.begin(topic, p));
    ASSIGN_OR_RETURN(const flow::Offset end, core.parts.tape.end(topic, p));
    ASSIGN_OR_RETURN(BackwardReader last,
                     BackwardReader::open(core.parts.tape, topic, p, end.value, offsets_in(core)));
    ASSIGN_OR_RETURN(const std::optional<TopicRow> row, last.peek());
    json.begin('{').key("partition").number(p).key("first").number(begin.value).key("next").number(end.value);
    json.key("newest").time(row ? row->time() : base::kNoTime);
    put_readers(json, {topic, p, end.value}, status);
    json.end('}');
  }
  json.end(']').end('}');
  return {};
}

base::Result<std::string> topics_json(Core& core) {
  ASSIGN_OR_RETURN(const auto snapshot, core.board.refresh());
  std::string out;
  JsonText json(out);
  json.begin('{').key("topics").begin('[');
  for (std::uint8_t topic = 1; topic <= flow::kTopicLast; ++topic)
    RETURN_IF_ERROR(put_topic(json, core, static_cast<Topic>(topic), snapshot->status));
  json.end(']').end('}');
  return out;
}

base::Result<std::string> messages(Core& core, const Place& place, std::uint64_t from, std::uint64_t limit) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("topic").text(flow::topic_name(place.topic)).key("partition").number(place.partition);
  json.key("messages").begin('[');
  ASSIGN_OR_RETURN(const auto reader, core.parts.tape.read(place.topic, place.partition, flow::Offset{from}));
  flow::TapeBatch batch;
  std::string value;
  std::uint64_t next = from;
  std::uint64_t count = 0;
  bool full = from >= place.end;
  while (!full) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) break;
    for (std::uint32_t i = batch.skip; i < batch.bytes.row_count() && !full; ++i) {
      next = batch.first.value + (i - batch.skip);
      value.clear();
      TopicRow{place.topic, &batch.bytes, i, next}.append_json(value);
      json.begin('{').key("offset").number(next++).key("value").raw(value).end('}');
      full = ++count >= limit || out.size() >= kPageBytesMax;
    }
  }
  json.end(']').key("next");
  full&& next < place.end ? json.text(std::to_string(next)) : json.null();
  json.end('}');
  return out;
}

}  // namespace

Answer answer_events(Core& core, const Call& call) {
  Wanted what;
  if (const std::string* symbol = call.parameter("symbol")) {
    if (!core.live.knows(*symbol) && core.live.symbols_left_out() == 0) return unknown_symbol(*symbol);
    what.symbol = *symbol;
  }
  return answer_newest(core, call, what);
}

Answer answer_late(Core& core, const Call& call) {
  Wanted what;
  what.topic = Topic::late;
  if (const std::string* symbol = call.parameter("symbol")) what.symbol = *symbol;
  return answer_newest(core, call, what);
}

Answer answer_rejects(Core& core, const Call& call) {
  Wanted what;
  what.topic = Topic::rejects;
  if (const std::string* reason = call.parameter("reason")) {
    std::string known;
    for (std::uint16_t i = 1; i < market::kRejectReasons; ++i)
      known.append(known.empty() ? "" : " ")
          .append(market::reason_name(static_cast<market::RejectReason>(i)));
    if (std::string(" ").append(known).append(" ").find(std::string(" ").append(*reason).append(" ")) ==
        std::string::npos)
      return error_answer(400, "unknown_reason",
                          std::string("there is no reason \"").append(*reason).append("\""), known);
    what.reason = *reason;
  }
  return answer_newest(core, call, what);
}

Answer answer_topics(Core& core, const Call&) {
  const auto ask = [&core]() -> base::Result<ClusterBoard::Json> {
    ASSIGN_OR_RETURN(std::string json, topics_json(core));
    return std::make_shared<const std::string>(std::move(json));
  };
  const auto told = core.cluster ? core.cluster->topics().get(ask) : ask();
  return told.ok() ? json_answer(**told) : error_answer(told.error());
}

Answer answer_messages(Core& core, const Call& call) {
  const std::string& name = call.in_path.at("topic");
  const auto topic = topic_of(name);
  if (!topic)
    return error_answer(404, "unknown_topic", std::string("there is no topic \"").append(name).append("\""),
                        "GET /api/v1/topics lists them");
  const auto partition = whole_number(call.in_path.at("partition"));
  if (!partition || *partition >= partitions_of(*topic, core.parts.partitions))
    return error_answer(404, "unknown_partition", "there is no such partition",
                        "GET /api/v1/topics lists them");
  const auto limit = limit_of(call);
  if (!limit.ok()) return error_answer(limit.error());
  const std::string* from =
      call.parameter("cursor") != nullptr ? call.parameter("cursor") : call.parameter("offset");
  const auto offset = from == nullptr ? std::uint64_t{0} : whole_number(*from);
  if (!offset) return error_answer(400, "invalid_argument", "offset: expected a number");
  const auto p = static_cast<std::uint16_t>(*partition);
  const auto end = core.parts.tape.end(*topic, p);
  if (!end.ok()) return error_answer(end.error());
  auto page = messages(core, {*topic, p, end->value}, *offset, *limit);
  return page.ok() ? json_answer(std::move(*page)) : error_answer(page.error());
}

}  // namespace tickerhouse::serve

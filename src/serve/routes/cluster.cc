// The brokers that hold the tape, and messages as they lie there.
#include "formats/printable.h"
#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"

namespace tickerhouse::serve {
namespace {

constexpr std::uint64_t kMessagesDefault = 20;
constexpr std::uint64_t kMessagesMax = 200;
constexpr std::size_t kShownBytesMax = 4'096;  // of a key, a value or a header, unless the whole is asked for

using From = flow::MessageQuery::From;

Answer no_cluster() {
  return error_answer(404, "no_cluster", "the tape of this directory is not on Kafka",
                      "GET /api/v1/topics shows its topics");
}

Answer broker_error(const base::Error& error) {
  if (error.code == base::ErrorCode::io)
    return error_answer(503, "no_broker", error.message(),
                        "the pipeline waits for its brokers by itself; are they running?");
  if (error.code == base::ErrorCode::configuration)
    return error_answer(503, "refused_by_brokers", error.message(), "docs/kafka.md, Security");
  if (error.code == base::ErrorCode::not_found)
    return error_answer(404, "unknown_place", error.message(),
                        "GET /api/v1/cluster lists topics and partitions");
  return error_answer(error);
}

base::Error wrong(std::string what, std::string_view where) {
  return {base::ErrorCode::invalid_argument, std::move(what), std::string(where)};
}

// An offset that the brokers' numbers can hold.
std::optional<std::int64_t> offset_of(const std::string& text) {
  const auto number = whole_number(text);
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return number && *number <= kMax ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

// Where the page begins; the newest ones if it is not said.
base::Status take_start(const Call& call, flow::MessageQuery& query) {
  for (const auto& [name, from] : {std::pair<std::string_view, From>{"offset", From::offset},
                                   {"before", From::before},
                                   {"time", From::time}}) {
    const std::string* text = call.parameter(name);
    if (text == nullptr || text->empty()) continue;
    if (query.from != From::newest) return wrong("give one of offset, before and time", name);
    query.from = from;
    if (from == From::time) {
      ASSIGN_OR_RETURN(query.at, time_of(call, name, 0));
      continue;
    }
    const auto offset = offset_of(*text);
    if (!offset) return wrong("expected an offset", name);
    query.at = *offset;
  }
  return {};
}

base::Result<flow::MessageQuery> query_of(const Call& call) {
  flow::MessageQuery query;
  query.place.topic = call.in_path.at("topic");
  const auto partition = offset_of(call.in_path.at("partition"));
  if (!partition || *partition > std::numeric_limits<std::int32_t>::max())
    return base::Error{base::ErrorCode::not_found, "there is no such partition", query.place.topic};
  query.place.partition = static_cast<std::int32_t>(*partition);
  RETURN_IF_ERROR(take_start(call, query));
  ASSIGN_OR_RETURN(const std::uint64_t limit, limit_of(call, kMessagesDefault));
  if (limit > kMessagesMax) return wrong("expected a number from 1 to 200", "limit");
  const std::string* whole = call.parameter("whole");
  if (whole != nullptr && *whole != "true" && *whole != "false")
    return wrong("expected true or false", "whole");
  query.bytes_max = whole != nullptr && *whole == "true" ? 0 : kShownBytesMax;
  query.limit = query.bytes_max == 0 ? 1 : limit;  // it may be 8 MiB
  return query;
}

void put_text(JsonText& json, const std::optional<std::string>& bytes) {
  if (!bytes) {
    json.null();
    return;
  }
  std::string text;
  formats::append_printable(text, *bytes);
  json.text(text);
}

void put_message(JsonText& json, const flow::ClusterMessage& message) {
  json.begin('{').key("offset").number(static_cast<std::uint64_t>(message.offset));
  json.key("time").time(message.time);
  put_text(json.key("key"), message.key);
  json.key("headers").begin('[');
  for (const auto& [name, value] : message.headers) {
    json.begin('{');
    put_text(json.key("name"), name);
    put_text(json.key("value"), value);
    json.end('}');
  }
  json.end(']');
  put_text(json.key("value"), message.value);
  json.key("value_bytes").number(message.value_bytes).key("cut").boolean(message.cut).end('}');
}

std::string page_json(const flow::ClusterPlace& place, const flow::MessagePage& page) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("topic").text(place.topic);
  json.key("partition").number(static_cast<std::uint64_t>(place.partition));
  json.key("first").number_or_null(page.first);
  json.key("end").number_or_null(page.end);
  json.key("messages").begin('[');
  for (const flow::ClusterMessage& message : page.messages) put_message(json, message);
  json.end(']');
  json.key("older").number_or_null(page.older);
  json.key("newer").number_or_null(page.newer);
  json.end('}');
  return out;
}

}  // namespace

Answer answer_cluster(Core& core, const Call&) {
  if (!core.cluster) return no_cluster();
  const auto state = core.cluster->state();
  return state.ok() ? json_answer(**state) : broker_error(state.error());
}

Answer answer_cluster_messages(Core& core, const Call& call) {
  if (!core.cluster) return no_cluster();
  const auto query = query_of(call);
  if (!query.ok()) return broker_error(query.error());
  const auto page = core.cluster->messages(*query);
  return page.ok() ? json_answer(page_json(query->place, *page)) : broker_error(page.error());
}

}  // namespace tickerhouse::serve

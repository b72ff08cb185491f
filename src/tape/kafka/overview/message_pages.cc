#include "tape/kafka/overview/message_pages.h"

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "formats/printable.h"
#include "tape/kafka/offset_admin.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::tape::kafka {
namespace {

// Going back: offsets have holes, where transactions end and where a topic was compacted, so the first try
// goes back over more than are wanted, and each next one over that much more.
constexpr std::int64_t kBackBeyond = 16;
constexpr std::int64_t kBackFactor = 8;

// A page is some messages; the client would fetch ahead by megabytes.
Connection for_pages(Connection connection) {
  connection.properties.insert_or_assign("fetch.message.max.bytes", "262144");
  connection.properties.insert_or_assign("queued.min.messages", "1");
  connection.properties.insert_or_assign("queued.max.messages.kbytes", "1024");
  return connection;
}

std::string owned(std::string_view bytes, std::size_t bytes_max, bool& cut) {
  const std::string_view kept = bytes_max == 0 ? bytes : formats::beginning_of(bytes, bytes_max);
  cut = cut || kept.size() < bytes.size();
  return std::string(kept);
}

// A leader is asked for offsets; what there is none for is told apart before.
base::Status check_place(Client& client, const Place& place) {
  const std::string where =
      std::string(place.topic).append(", partition ").append(std::to_string(place.partition));
  ASSIGN_OR_RETURN(const std::vector<TopicState> topics, find_topics(client, {place.topic}));
  for (const TopicState& topic : topics)
    for (const PartitionState& partition : topic.partitions)
      if (partition.id == place.partition)
        return partition.leader >= 0 ? base::Status()
                                     : base::Error{base::ErrorCode::io, "has no leader now", where};
  return base::Error{base::ErrorCode::not_found, "there is no such partition", where};
}

base::Result<std::int64_t> only(base::Result<Offsets> found) {
  if (!found.ok()) return found.error();
  return found->begin()->second;
}

}  // namespace

base::Result<std::unique_ptr<MessagePages>> MessagePages::open(const Connection& connection,
                                                               std::shared_ptr<formats::SchemaBook> schemas) {
  ASSIGN_OR_RETURN(auto client, Client::open(Role::overseer, connection, {}));
  return std::unique_ptr<MessagePages>(
      new MessagePages(for_pages(connection), std::move(client), std::move(schemas)));
}

flow::ClusterMessage MessagePages::kept_of(const ForeignMessage& message, std::size_t bytes_max) {
  flow::ClusterMessage kept;
  kept.offset = message.offset;
  kept.time = message.time;
  const auto take = [&](const std::optional<std::string_view>& bytes) {
    return bytes ? std::optional(owned(*bytes, bytes_max, kept.cut)) : std::nullopt;
  };
  kept.key = take(message.key);
  std::optional<std::string_view> value = message.value;
  if (schemas_ != nullptr && value) {
    registry_answers_ = registry_answers_ && schemas_->learn(*value).ok();
    json_.clear();
    if (formats::append_message_json(*schemas_, *value, json_)) value = json_;
  }
  kept.value = take(value);
  kept.value_bytes = message.value ? message.value->size() : 0;
  for (const auto& [name, header] : message.headers)
    kept.headers.emplace_back(owned(name, bytes_max, kept.cut), take(header));
  return kept;
}

base::Result<flow::MessagePage> MessagePages::read(const flow::MessageQuery& query) {
  using From = flow::MessageQuery::From;
  const std::vector<Place> place = {{query.place.topic, query.place.partition}};
  RETURN_IF_ERROR(check_place(*client_, query.place));
  registry_answers_ = true;
  flow::MessagePage page;
  ASSIGN_OR_RETURN(page.first, only(offsets_at(*client_, place, Edge::beginning)));
  ASSIGN_OR_RETURN(page.end, only(offsets_at(*client_, place, Edge::stable_end)));
  std::int64_t at = query.from == From::newest ? page.end : query.at;
  if (query.from == From::time) {
    ASSIGN_OR_RETURN(at, only(offsets_from(*client_, place, query.at)));
  }
  at = std::clamp(at, page.first, page.end);
  const bool back = query.from == From::newest || query.from == From::before;
  RETURN_IF_ERROR(back ? read_back(query, at, page) : read_on(query, at, page));
  return page;
}

base::Status MessagePages::read_on(const flow::MessageQuery& query, std::int64_t from,
                                   flow::MessagePage& page) {
  if (from > page.first) page.older = from;
  if (from >= page.end) return {};
  const auto partition = static_cast<std::uint16_t>(query.place.partition);
  ASSIGN_OR_RETURN(const auto fetch, Fetch::open(pool_, query.place.topic, partition, from, page.end));
  while (true) {
    ASSIGN_OR_RETURN(const rd_kafka_message_s* raw, fetch->next());
    if (raw == nullptr) return {};
    const ForeignMessage message = message_of(*raw, true);
    if (page.messages.size() == query.limit) {
      page.newer = message.offset;
      return {};
    }
    page.messages.push_back(kept_of(message, query.bytes_max));
  }
}

base::Status MessagePages::read_back(const flow::MessageQuery& query, std::int64_t before,
                                     flow::MessagePage& page) {
  if (before < page.end) page.newer = before;
  const auto partition = static_cast<std::uint16_t>(query.place.partition);
  std::deque<flow::ClusterMessage> last;
  std::int64_t from = before;
  for (std::int64_t back = 2 * static_cast<std::int64_t>(query.limit) + kBackBeyond;
       last.size() < query.limit && from > page.first; back *= kBackFactor) {
    last.clear();
    from = std::max(page.first, before - back);
    ASSIGN_OR_RETURN(const auto fetch, Fetch::open(pool_, query.place.topic, partition, from, page.end));
    while (true) {
      ASSIGN_OR_RETURN(const rd_kafka_message_s* raw, fetch->next());
      const ForeignMessage message = raw == nullptr ? ForeignMessage{} : message_of(*raw, true);
      if (raw == nullptr || message.offset >= before) break;
      if (last.size() == query.limit) last.pop_front();
      last.push_back(kept_of(message, query.bytes_max));
    }
  }
  if (!last.empty() && last.front().offset > page.first) page.older = last.front().offset;
  page.messages.assign(std::make_move_iterator(last.begin()), std::make_move_iterator(last.end()));
  return {};
}

}  // namespace tickerhouse::tape::kafka

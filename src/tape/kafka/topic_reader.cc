#include "tape/kafka/topic_reader.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <limits>

#include "tape/kafka/offset_admin.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::size_t kTurnMax = 4'096;  // messages of one partition before the next has its turn

std::optional<std::string_view> text(const void* bytes, std::size_t size) {
  if (bytes == nullptr) return std::nullopt;
  return std::string_view(static_cast<const char*>(bytes), size);
}

void take_headers(const rd_kafka_message_t& raw, ForeignMessage& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&raw, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    message.headers.emplace_back(name, text(value, size));
}

base::Result<Offsets> starts(Client& client, const std::vector<Place>& places, const ReadFrom& from) {
  if (from.kind == ReadFrom::Kind::beginning) return offsets_at(client, places, Edge::beginning);
  if (from.kind == ReadFrom::Kind::end) return offsets_at(client, places, Edge::stable_end);
  if (from.kind == ReadFrom::Kind::time) return offsets_from(client, places, from.value);
  ASSIGN_OR_RETURN(Offsets found, offsets_at(client, places, Edge::beginning));
  ASSIGN_OR_RETURN(const Offsets ends, offsets_at(client, places, Edge::end));
  for (auto& [place, offset] : found) offset = std::clamp(from.value, offset, ends.at(place));
  return found;
}

}  // namespace

ForeignMessage message_of(const rd_kafka_message_s& raw, bool headers) {
  ForeignMessage message;
  message.partition = static_cast<std::uint16_t>(raw.partition);
  message.offset = raw.offset;
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t milliseconds = rd_kafka_message_timestamp(&raw, &type);
  constexpr std::int64_t kMillisecondsMax = std::numeric_limits<base::TsNanos>::max() / base::kMillisecond;
  // Producers write what they like.
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && milliseconds >= 0 && milliseconds <= kMillisecondsMax)
    message.time = milliseconds * base::kMillisecond;
  message.key = text(raw.key, raw.key_len);
  message.value = text(raw.payload, raw.len);
  if (headers) take_headers(raw, message);
  return message;
}

base::Result<std::unique_ptr<TopicReader>> TopicReader::open(const Connection& connection,
                                                             const std::string& topic, const ReadFrom& from) {
  ASSIGN_OR_RETURN(const auto client, Client::open(Role::overseer, connection, {}));
  ASSIGN_OR_RETURN(const std::vector<Place> places, places_of(*client, topic));
  ASSIGN_OR_RETURN(const Offsets begins, starts(*client, places, from));
  ASSIGN_OR_RETURN(const Offsets ends, offsets_at(*client, places, Edge::stable_end));
  std::unique_ptr<TopicReader> reader(new TopicReader(connection, topic, from.headers));
  for (const Place& place : places) {
    const auto partition = static_cast<std::uint16_t>(place.partition);
    ASSIGN_OR_RETURN(auto fetch,
                     Fetch::open(reader->pool_, topic, partition, begins.at(place), ends.at(place)));
    reader->inputs_.push_back({partition, std::move(fetch)});
  }
  return reader;
}

void TopicReader::turn() {
  at_ = (at_ + 1) % inputs_.size();
  given_ = 0;
}

base::Result<bool> TopicReader::next(ForeignMessage& message) {
  for (std::size_t silent = 0; silent < inputs_.size(); ++silent, turn()) {
    if (given_ == kTurnMax) turn();
    ASSIGN_OR_RETURN(const rd_kafka_message_s* raw, inputs_[at_].fetch->next());
    if (raw == nullptr) continue;
    ++given_;
    message = message_of(*raw, headers_);
    return true;
  }
  return false;
}

}  // namespace tickerhouse::tape::kafka

#include "tape/kafka/offset_admin.h"

#include <librdkafka/rdkafka.h>

#include "tape/kafka/requests.h"

namespace tickerhouse::tape::kafka {
namespace {

// `spec`: a time in milliseconds, or one of the library's negative numbers.
base::Result<Offsets> ask_once(Client& client, const std::vector<Place>& places, std::int64_t spec,
                               rd_kafka_IsolationLevel_t level, Refused& refused) {
  Offsets found;
  if (places.empty()) return found;
  const PlaceList list(rd_kafka_topic_partition_list_new(static_cast<int>(places.size())));
  for (const Place& place : places)
    rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition)->offset = spec;
  const Owned<rd_kafka_AdminOptions_t> options(
      rd_kafka_AdminOptions_new(client.get(), RD_KAFKA_ADMIN_OP_LISTOFFSETS));
  const Owned<rd_kafka_error_s> ignored(rd_kafka_AdminOptions_set_isolation_level(options.get(), level));
  Request request(client, "offsets", refused);
  rd_kafka_ListOffsets(client.get(), list.get(), options.get(), request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ListOffsetsResultInfo_t** infos =
      rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(answer.get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const rd_kafka_topic_partition_t* place = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
    if (place->err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return request.refuse(place->err, nullptr,
                            std::string("offsets of ")
                                .append(place->topic)
                                .append(", partition ")
                                .append(std::to_string(place->partition)));
    found.emplace(Place{place->topic, place->partition}, place->offset);
  }
  return found;
}

base::Result<Offsets> ask(Client& client, const std::vector<Place>& places, std::int64_t spec,
                          rd_kafka_IsolationLevel_t level) {
  return patiently(client, [&](Refused& refused) { return ask_once(client, places, spec, level, refused); });
}

}  // namespace

base::Result<Offsets> offsets_at(Client& client, const std::vector<Place>& places, Edge edge) {
  return ask(client, places,
             edge == Edge::beginning ? RD_KAFKA_OFFSET_SPEC_EARLIEST : RD_KAFKA_OFFSET_SPEC_LATEST,
             edge == Edge::stable_end ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED
                                      : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED);
}

base::Result<Offsets> offsets_from(Client& client, const std::vector<Place>& places, base::TsNanos time) {
  // The first millisecond that is not before it.
  const std::int64_t milliseconds = (time + base::kMillisecond - 1) / base::kMillisecond;
  ASSIGN_OR_RETURN(Offsets found,
                   ask(client, places, milliseconds, RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED));
  ASSIGN_OR_RETURN(const Offsets ends, offsets_at(client, places, Edge::end));
  for (auto& [place, offset] : found)
    if (offset < 0) offset = ends.at(place);
  return found;
}

}  // namespace tickerhouse::tape::kafka

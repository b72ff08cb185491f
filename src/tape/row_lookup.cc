#include "tape/row_lookup.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "tape/kafka/messages.h"

namespace tickerhouse::tape {
namespace {

using kafka::Fetch;

constexpr std::int64_t kCountRowsMax = 256;

}  // namespace

base::Result<std::uint64_t> RowLookup::count_from(const std::string& topic, std::uint16_t partition,
                                                  flow::Offset from) {
  ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(overseer_, topic, partition));
  const std::int64_t at = std::max(found.low, static_cast<std::int64_t>(from.value));
  const std::int64_t most = std::max<std::int64_t>(0, found.high - at);
  if (most == 0 || most > kCountRowsMax) return static_cast<std::uint64_t>(most);
  ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, topic, partition, at, found.high));
  std::uint64_t rows = 0;
  while (true) {
    ASSIGN_OR_RETURN(const rd_kafka_message_t* message, fetch->next());
    if (message == nullptr) return rows;
    ++rows;
  }
}

// Sequences ascend with offsets, so halving finds it: some twenty small reads in the longest topic.
base::Result<flow::Offset> RowLookup::find_sequence(const std::string& topic, std::uint16_t partition,
                                                    std::uint64_t sequence) {
  ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(overseer_, topic, partition));
  std::int64_t low = found.low;    // rows before it are less
  std::int64_t high = found.high;  // rows from it on are not
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    ASSIGN_OR_RETURN(const auto row, first_row(topic, partition, middle));
    if (!row || row->second >= sequence) {
      high = middle;
    } else {
      low = row->first + 1;
    }
  }
  return flow::Offset{static_cast<std::uint64_t>(low)};
}

base::Status RowLookup::cut_before(const std::string& topic, std::uint16_t partition, flow::Offset to) {
  ASSIGN_OR_RETURN(const kafka::Watermarks found, kafka::watermarks(overseer_, topic, partition));
  const auto wanted = static_cast<std::int64_t>(to.value);
  if (wanted <= found.low) return {};
  ASSIGN_OR_RETURN(const std::int64_t last, last_row(topic, partition, found));
  return kafka::delete_before(overseer_, topic, partition, std::min(wanted, last));
}

// Offset and sequence of the first row at or after `from`.
base::Result<RowLookup::Row> RowLookup::first_row(const std::string& topic, std::uint16_t partition,
                                                  std::int64_t from) {
  ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, topic, partition, from, 0));
  ASSIGN_OR_RETURN(const rd_kafka_message_t* raw, fetch->next());
  if (raw == nullptr) return Row();
  ASSIGN_OR_RETURN(const std::uint64_t sequence, kafka::sequence_of(kafka::message_of(*raw)));
  return Row(std::pair(raw->offset, sequence));
}

// The offset of the last committed row, which is never cut; found.low if there is none.
base::Result<std::int64_t> RowLookup::last_row(const std::string& topic, std::uint16_t partition,
                                               const kafka::Watermarks& found) {
  for (std::int64_t back = 64;; back *= 16) {
    const std::int64_t from = std::max(found.low, found.high - back);
    ASSIGN_OR_RETURN(const auto fetch, Fetch::open(looks_, topic, partition, from, found.high));
    std::int64_t last = -1;
    while (true) {
      ASSIGN_OR_RETURN(const rd_kafka_message_t* message, fetch->next());
      if (message == nullptr) break;
      last = message->offset;
    }
    if (last >= 0 || from == found.low) return std::max(last, found.low);
  }
}

}  // namespace tickerhouse::tape

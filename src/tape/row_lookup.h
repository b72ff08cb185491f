// Short questions about the rows of one partition of a tape on Kafka.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "flow/tape.h"
#include "tape/kafka/fetch.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape {

class RowLookup {
 public:
  RowLookup(kafka::FetchPool& looks, kafka::Client& overseer) : looks_(looks), overseer_(overseer) {}

  // flow::Tape::rows_from and find_sequence.
  base::Result<std::uint64_t> count_from(const std::string& topic, std::uint16_t partition,
                                         flow::Offset from);
  base::Result<flow::Offset> find_sequence(const std::string& topic, std::uint16_t partition,
                                           std::uint64_t sequence);
  // Lets the brokers delete what lies before `to`, but for the last row.
  base::Status cut_before(const std::string& topic, std::uint16_t partition, flow::Offset to);

 private:
  using Row = std::optional<std::pair<std::int64_t, std::uint64_t>>;  // offset and sequence
  base::Result<Row> first_row(const std::string& topic, std::uint16_t partition, std::int64_t from);
  base::Result<std::int64_t> last_row(const std::string& topic, std::uint16_t partition,
                                      const kafka::Watermarks& found);

  kafka::FetchPool& looks_;
  kafka::Client& overseer_;
};

}  // namespace tickerhouse::tape

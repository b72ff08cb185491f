// The messages of one partition of a tape on Kafka as batches of rows.
#pragma once

#include <cstdint>
#include <memory>

#include "flow/tape.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape {

std::unique_ptr<flow::TapeReader> read_rows(flow::Topic topic, std::uint16_t partition,
                                            std::unique_ptr<kafka::Fetch> fetch);

}  // namespace tickerhouse::tape

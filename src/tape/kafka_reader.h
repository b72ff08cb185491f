// The messages of one partition of a tape on Kafka as batches of rows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "flow/message_rows.h"
#include "flow/tape.h"
#include "formats/avro/avro_messages.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape {

// open_book: asked when the first message that is Avro comes.
using OpenBook = std::function<base::Result<std::unique_ptr<formats::SchemaBook>>()>;
std::unique_ptr<flow::TapeReader> read_rows(flow::Topic topic, std::uint16_t partition,
                                            std::unique_ptr<kafka::Fetch> fetch, OpenBook open_book);

// The same of messages of others. look: called now and then; its error ends the reading.
std::unique_ptr<flow::TapeReader> read_messages(std::unique_ptr<kafka::Fetch> fetch,
                                                std::unique_ptr<flow::MessageRows> rows,
                                                std::function<base::Status()> look);

}  // namespace tickerhouse::tape

// How the messages of others are read: a decoder as for the lines of a file, but each message stands alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/mapping.h"
#include "formats/record.h"
#include "sources/line_reader.h"
#include "sources/schemas.h"

namespace tickerhouse::sources {

// Of Avro: the schemas too, which must outlive the decoder.
struct MessageFormat {
  std::unique_ptr<formats::LineDecoder> decoder;
  Schemas* schemas = nullptr;
};

// The mapping as it is for messages. `configuration`: it does not fit them, or Avro has no registry.
base::Result<formats::Mapping> mapping_of_messages(const formats::Mapping& mapping, const std::string& topic,
                                                   const Schemas* schemas);

// For one reader. The mapping is one of messages.
MessageFormat make_message_format(const formats::Mapping& mapping, Schemas* schemas);

// Clears `records` and fills it; `line` is the value at `offset`. false: it holds none, as what another
// pipeline says of its own time in topic `events`, or what a condition leaves out.
bool decode_message(formats::LineDecoder& decoder, std::string_view value, std::uint64_t offset, Line& line,
                    std::vector<formats::Record>& records);

}  // namespace tickerhouse::sources

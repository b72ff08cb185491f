// `tail` of any topic of a cluster: its committed messages as text, one line each.
#pragma once

#include <cstdint>
#include <string>

#include "app/tailing.h"
#include "base/result.h"
#include "formats/avro/avro_messages.h"
#include "tape/kafka/client.h"

namespace tickerhouse::app {

struct MessageTail {
  std::string topic;
  StartPlace start;
  TailEnd end;
  std::uint64_t count = 0;                 // 0: without end
  bool place = false;                      // partition:offset and a blank before it
  bool headers = false;                    // NAME=VALUE,... and a tab
  bool key = false;                        // and a tab
  formats::SchemaBook* schemas = nullptr;  // values of Avro as the JSON they mean; null: as their bytes
};

// A key or value that is not there is the word null. `not_found` if the topic is not there; with schemas also
// what SchemaBook::learn() says.
base::Status tail_messages(const tape::kafka::Connection& connection, const MessageTail& wanted);

}  // namespace tickerhouse::app

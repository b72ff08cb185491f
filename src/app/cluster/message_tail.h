// `tail` of any topic of a cluster: its committed messages as text, one line each.
#pragma once

#include <cstdint>
#include <string>

#include "app/tailing.h"
#include "base/result.h"
#include "tape/kafka/client.h"

namespace tickerhouse::app {

struct MessageTail {
  std::string topic;
  StartPlace start;
  TailEnd end;
  std::uint64_t count = 0;  // 0: without end
  bool place = false;       // partition:offset and a blank before it
  bool headers = false;     // NAME=VALUE,... and a tab
  bool key = false;         // and a tab
};

// A key or value that is not there is the word null. `not_found` if the topic is not there.
base::Status tail_messages(const tape::kafka::Connection& connection, const MessageTail& wanted);

}  // namespace tickerhouse::app

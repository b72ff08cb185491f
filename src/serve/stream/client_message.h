// What a client of the stream says (docs/api.md), read from bytes that anybody may have sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::serve {

inline constexpr std::size_t kSubscribedBarsMax = 16;

struct Subscription {
  struct Bars {
    std::string symbol;
    base::DurationNanos interval = 0;
  };
  bool watch = false;
  bool status = false;
  bool notices = false;
  std::vector<Bars> bars;
};

struct ClientMessage {
  bool ping = false;    // else a subscription
  std::string ping_id;  // as JSON
  Subscription subscribe;
};

// `intervals`: those there are. The error says what was expected.
base::Result<ClientMessage> parse_client_message(std::string_view text,
                                                 const std::vector<base::DurationNanos>& intervals);

}  // namespace tickerhouse::serve

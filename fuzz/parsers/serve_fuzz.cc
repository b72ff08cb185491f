// What clients send: query strings and messages of the stream are read or refused, and what was read keeps
// its limits.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "serve/http_types.h"
#include "serve/stream/client_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto query = serve::parse_query(text)) {
    CHECK(query->size() <= serve::kQueryParametersMax);
    for (const auto& [name, value] : *query) CHECK(name.size() + value.size() <= size);
  }
  if (const auto path = serve::percent_decoded(text, false)) CHECK(path->find('\0') == std::string::npos);
  const auto message = serve::parse_client_message(text, {base::kMinute, base::kHour});
  if (message.ok()) {
    CHECK(message->subscribe.bars.size() <= serve::kSubscribedBarsMax);
    for (const auto& bars : message->subscribe.bars)
      CHECK(bars.interval == base::kMinute || bars.interval == base::kHour);
  }
  return 0;
}

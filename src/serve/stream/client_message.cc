#include "serve/stream/client_message.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "market/symbol.h"

namespace tickerhouse::serve {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kPingIdBytesMax = 64;

base::Error wrong(std::string what) { return {base::ErrorCode::invalid_argument, std::move(what), ""}; }

base::Result<Subscription::Bars> parse_bars(const Json& entry,
                                            const std::vector<base::DurationNanos>& intervals) {
  const bool shaped = entry.is_object() && entry.size() == 2 && entry.contains("symbol") &&
                      entry.contains("interval") && entry["symbol"].is_string() &&
                      entry["interval"].is_string();
  if (!shaped) return wrong("bars: expected {\"symbol\":...,\"interval\":...}");
  Subscription::Bars bars;
  bars.symbol = entry["symbol"].get<std::string>();
  if (!market::is_valid_symbol(bars.symbol)) return wrong("bars: this is no symbol");
  const auto interval = base::parse_duration(entry["interval"].get<std::string>());
  if (!interval || std::find(intervals.begin(), intervals.end(), *interval) == intervals.end())
    return wrong("bars: there is no such interval");
  bars.interval = *interval;
  return bars;
}

base::Result<ClientMessage> parse_subscribe(const Json& message,
                                            const std::vector<base::DurationNanos>& intervals) {
  ClientMessage parsed;
  for (const auto& [key, value] : message.items()) {
    if (key == "type") continue;
    bool* const flag = key == "watch"     ? &parsed.subscribe.watch
                       : key == "status"  ? &parsed.subscribe.status
                       : key == "notices" ? &parsed.subscribe.notices
                                          : nullptr;
    if (flag != nullptr && value.is_boolean()) {
      *flag = value.get<bool>();
    } else if (key == "bars" && value.is_array() && value.size() <= kSubscribedBarsMax) {
      for (const Json& entry : value) {
        ASSIGN_OR_RETURN(Subscription::Bars bars, parse_bars(entry, intervals));
        parsed.subscribe.bars.push_back(std::move(bars));
      }
    } else {
      return wrong(
          "subscribe: expected watch, status, notices (true or false) and bars (a list of at most 16)");
    }
  }
  return parsed;
}

}  // namespace

base::Result<ClientMessage> parse_client_message(std::string_view text,
                                                 const std::vector<base::DurationNanos>& intervals) {
  const Json message = Json::parse(text, nullptr, false);
  if (!message.is_object() || !message.contains("type")) return wrong("expected an object with a type");
  const Json& type = message["type"];
  if (type == "subscribe") return parse_subscribe(message, intervals);
  if (type != "ping") return wrong("expected the type subscribe or ping");
  ClientMessage ping;
  ping.ping = true;
  ping.ping_id = message.contains("id") ? message["id"].dump() : "null";
  const bool plain = !message.contains("id") || message["id"].is_number() || message["id"].is_string();
  if (!plain || message.size() > 2 || ping.ping_id.size() > kPingIdBytesMax)
    return wrong("ping: expected an id that is a number or a short text");
  return ping;
}

}  // namespace tickerhouse::serve

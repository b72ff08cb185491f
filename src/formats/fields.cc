#include "formats/fields.h"

namespace tickerhouse::formats {
namespace {
constexpr std::array<std::string_view, kFields> kFieldNames = {
    "kind",      "symbol",   "price",       "volume", "size",    "ts",  "ts_epoch_ms",
    "timestamp", "trade_id", "venue",       "seq",    "ts_recv", "bid", "ask",
    "bid_size",  "ask_size", "volume_kind", "open",   "high",    "low", "prev_close"};
}

std::string_view field_name(Field field) { return kFieldNames.at(static_cast<std::size_t>(field)); }

std::optional<Field> field_of(std::string_view name) {
  for (std::size_t i = 0; i < kFields; ++i)
    if (kFieldNames.at(i) == name) return static_cast<Field>(i);
  return std::nullopt;
}

}  // namespace tickerhouse::formats

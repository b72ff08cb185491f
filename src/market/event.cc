#include "market/event.h"

#include <cstring>

#include "base/check.h"
#include "base/hash.h"

namespace tickerhouse::market {

bool set_trade_id(EventRow& row, std::string_view id) {
  CHECK(row.kind != EventKind::quote && !id.empty());
  row.trade.id.fill('\0');
  const bool fits = id.size() <= row.trade.id.size() && id.find('\0') == std::string_view::npos;
  if (fits) {
    std::memcpy(row.trade.id.data(), id.data(), id.size());
    row.flags = static_cast<std::uint8_t>((row.flags & ~kIdHashed) | kIdText);
    return false;
  }
  const base::Hash128 hash = base::hash128(id);
  std::memcpy(row.trade.id.data(), &hash.low, 8);
  std::memcpy(row.trade.id.data() + 8, &hash.high, 8);
  row.flags = static_cast<std::uint8_t>((row.flags & ~kIdText) | kIdHashed);
  return true;
}

std::string_view trade_id(const EventRow& row, std::string_view text) {
  if ((row.flags & kIdHashed) != 0)
    return (row.flags & kDayFields) != 0 ? text.substr(sizeof(DayFields)) : text;
  if ((row.flags & kIdText) == 0) return {};
  const std::string_view padded(row.trade.id.data(), row.trade.id.size());
  return padded.substr(0, padded.find('\0'));
}

}  // namespace tickerhouse::market

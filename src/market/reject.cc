#include "market/reject.h"

#include "base/check.h"

namespace tickerhouse::market {

const char* reason_name(RejectReason reason) {
  static constexpr std::array<const char*, kRejectReasons> kNames = {"",
                                                                     "line_too_long",
                                                                     "bad_json",
                                                                     "repeated_key",
                                                                     "bad_csv",
                                                                     "unsupported_kind",
                                                                     "missing_symbol",
                                                                     "bad_symbol",
                                                                     "missing_price",
                                                                     "bad_price",
                                                                     "bad_size",
                                                                     "bad_time",
                                                                     "missing_time",
                                                                     "bad_field",
                                                                     "unknown_symbol",
                                                                     "future_time",
                                                                     "bad_avro"};
  const auto index = static_cast<std::uint16_t>(reason);
  CHECK(index > 0 && index < kRejectReasons);
  return kNames.at(index);
}

}  // namespace tickerhouse::market

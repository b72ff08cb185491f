// Numbers, times and durations: what is read can be written and read again to the same value.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/decimal.h"
#include "base/int128.h"
#include "base/time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const int scale : {0, 6, 9}) {
    const Decimal decimal = parse_decimal(text, scale);
    if ((decimal.state == DecimalState::malformed) == is_json_number(text)) std::abort();
    if (decimal.state != DecimalState::exact && decimal.state != DecimalState::rounded) continue;
    std::string written;
    append_decimal(written, decimal.value, scale);
    const Decimal again = parse_decimal(written, scale);
    if (again.state != DecimalState::exact || again.value != decimal.value) std::abort();
  }
  if (const auto ts = parse_iso_time(text)) {
    std::string written;
    append_iso_time(written, *ts);
    if (parse_iso_time(written) != ts) std::abort();
  }
  if (const auto duration = parse_duration(text))
    if (parse_duration(format_duration(*duration)) != duration) std::abort();
  return 0;
}

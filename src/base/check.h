// CHECK: a programmer's error ends the process at once, in release too. Never used on what comes from
// outside.
#pragma once

namespace tickerhouse::base {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace tickerhouse::base

#define CHECK(condition)                               \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::tickerhouse::base::check_failed(#condition, __FILE__, __LINE__))

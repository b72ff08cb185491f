#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tickerhouse::base {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr,
               "tickerhouse: CHECK failed: %s (%s:%d). This is a bug; nothing that was committed is lost.\n",
               condition, file, line);
  std::abort();
}

}  // namespace tickerhouse::base

// A running hash goes on in one place.
#include <utility>

#include "base/hash.h"

tickerhouse::base::StreamHash caller(tickerhouse::base::StreamHash& hash) {
#ifdef TICKERHOUSE_MISUSE_OK
  return std::move(hash);
#else
  return hash;
#endif
}

// A place on the tape is no price.
#include "flow/tape.h"
#include "market/price.h"

tickerhouse::market::Price caller(tickerhouse::flow::Offset offset) {
#ifdef TICKERHOUSE_MISUSE_OK
  return tickerhouse::market::Price{static_cast<std::int64_t>(offset.value)};
#else
  return offset;
#endif
}

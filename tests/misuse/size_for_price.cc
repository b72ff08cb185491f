// A size is no price.
#include "market/event.h"

void caller(tickerhouse::market::Trade& trade) {
#ifdef TICKERHOUSE_MISUSE_OK
  trade.price = tickerhouse::market::Price{1};
#else
  trade.price = tickerhouse::market::Size{1};
#endif
}

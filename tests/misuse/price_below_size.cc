// Prices compare with prices only.
#include "market/price.h"

bool caller(tickerhouse::market::Price price, tickerhouse::market::Size size) {
#ifdef TICKERHOUSE_MISUSE_OK
  return price.units < size.units;
#else
  return price < size;
#endif
}

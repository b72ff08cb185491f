// A batch holds rows of three kinds; a view of anything else has no kind to check.
#include "market/batch.h"

std::size_t caller(const tickerhouse::market::BatchBytes& bytes) {
#ifdef TICKERHOUSE_MISUSE_OK
  return tickerhouse::market::BatchView<tickerhouse::market::BarRow>(bytes).rows().size();
#else
  return tickerhouse::market::BatchView<tickerhouse::market::Price>(bytes).rows().size();
#endif
}

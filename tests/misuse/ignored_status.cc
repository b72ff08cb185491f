// A failure cannot be ignored.
#include "base/result.h"

tickerhouse::base::Status may_fail();

void caller() {
#ifdef TICKERHOUSE_MISUSE_OK
  (void)may_fail().ok();
#else
  may_fail();
#endif
}

// A failure cannot be ignored with the value it came in place of.
#include "flow/tape.h"

void caller(tickerhouse::flow::Tape& tape) {
#ifdef TICKERHOUSE_MISUSE_OK
  (void)tape.end(tickerhouse::flow::Topic::bars, 0).ok();
#else
  tape.end(tickerhouse::flow::Topic::bars, 0);
#endif
}

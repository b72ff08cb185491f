// An offset is not made of any number by accident.
#include "flow/tape.h"

tickerhouse::flow::Offset caller(unsigned long row) {
#ifdef TICKERHOUSE_MISUSE_OK
  return tickerhouse::flow::Offset{row};
#else
  return row;
#endif
}

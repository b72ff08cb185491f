// SIGINT and SIGTERM ask the pipeline to finish; a second one ends the process at once, which the tape is
// made for.
#pragma once

#include <atomic>

namespace tickerhouse::app {

const std::atomic<bool>& stop_requested();  // installs the handlers at the first call
void request_stop();                        // as a first signal does

}  // namespace tickerhouse::app

// Log lines on stderr: level, text, colour if it is a terminal. Results and ledgers go to stdout and never
// through here.
#pragma once

#include <string>

namespace tickerhouse::app {

void set_up_logging(const std::string& level, bool json);
void log_debug(const std::string& text);
void log_info(const std::string& text);
void log_warn(const std::string& text);
void log_error(const std::string& text);

}  // namespace tickerhouse::app

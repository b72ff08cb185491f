#include "app/logging.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace tickerhouse::app {

void set_up_logging(const std::string& level) {
  auto logger = spdlog::get("tickerhouse");
  if (!logger) logger = spdlog::stderr_color_mt("tickerhouse");
  spdlog::set_default_logger(logger);
  spdlog::set_pattern("%H:%M:%S %^%5l%$ %v");
  spdlog::set_level(spdlog::level::from_str(level));
}

void log_debug(const std::string& text) { spdlog::debug("{}", text); }
void log_info(const std::string& text) { spdlog::info("{}", text); }
void log_warn(const std::string& text) { spdlog::warn("{}", text); }
void log_error(const std::string& text) { spdlog::error("{}", text); }

}  // namespace tickerhouse::app

#include "app/logging.h"

#include <atomic>
#include <string>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "formats/cells.h"

namespace tickerhouse::app {
namespace {

std::atomic<bool> as_json = false;

// In JSON the pattern has the place of a value.
std::string message(const std::string& text) {
  if (!as_json) return text;
  std::string quoted;
  formats::append_json_string(quoted, text);
  return quoted;
}

}  // namespace

void set_up_logging(const std::string& level, bool json) {
  as_json = json;
  auto logger = spdlog::get("tickerhouse");
  if (!logger) logger = spdlog::stderr_color_mt("tickerhouse");
  spdlog::set_default_logger(logger);
  if (json) {
    spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})",
                        spdlog::pattern_time_type::utc);
  } else {
    spdlog::set_pattern("%H:%M:%S %^%5l%$ %v");
  }
  spdlog::set_level(spdlog::level::from_str(level));
}

void log_debug(const std::string& text) { spdlog::debug("{}", message(text)); }
void log_info(const std::string& text) { spdlog::info("{}", message(text)); }
void log_warn(const std::string& text) { spdlog::warn("{}", message(text)); }
void log_error(const std::string& text) { spdlog::error("{}", message(text)); }

}  // namespace tickerhouse::app

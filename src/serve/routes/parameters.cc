#include "serve/routes/parameters.h"

#include <charconv>

namespace tickerhouse::serve {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

base::Result<std::uint64_t> limit_of(const Call& call, std::uint64_t otherwise) {
  const std::string* text = call.parameter("limit");
  if (text == nullptr || text->empty()) return otherwise;
  const auto limit = whole_number(*text);
  if (limit && *limit >= 1 && *limit <= kLimitMax) return *limit;
  return base::Error{base::ErrorCode::invalid_argument, "expected a number from 1 to 10000", "limit"};
}

base::Result<base::TsNanos> time_of(const Call& call, std::string_view name, base::TsNanos otherwise) {
  const std::string* text = call.parameter(name);
  if (text == nullptr || text->empty()) return otherwise;
  if (const auto ts = base::parse_iso_time(*text)) return *ts;
  constexpr std::int64_t kDaysMax = std::numeric_limits<base::TsNanos>::max() / base::kDay;
  if (const auto days = base::parse_date(*text); days && *days >= -kDaysMax && *days <= kDaysMax)
    return *days * base::kDay;
  return base::Error{base::ErrorCode::invalid_argument,
                     "expected a date or a time such as 2026-01-05T14:30:00Z", std::string(name)};
}

Answer json_answer(std::string body) {
  Answer answer;
  answer.body = std::move(body);
  return answer;
}

Answer unknown_symbol(std::string_view symbol) {
  return error_answer(404, "unknown_symbol", std::string("there is no symbol \"").append(symbol).append("\""),
                      "GET /api/v1/symbols lists them");
}

}  // namespace tickerhouse::serve

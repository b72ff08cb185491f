#include "serve/http_types.h"

#include "formats/utf8.h"
#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return std::nullopt;
    out.push_back(c);
  }
  if (!formats::is_utf8(out)) return std::nullopt;
  return out;
}

std::optional<Query> parse_query(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(pair.size(), equals + 1)), true);
    if (!name || !value || query.size() == kQueryParametersMax) return std::nullopt;
    query.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

std::string error_json(std::string_view code, std::string_view message, std::string_view hint) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("code").text(code).key("message").text(message);
  if (!hint.empty()) json.key("hint").text(hint);
  json.end('}');
  return out;
}

Answer error_answer(unsigned status, std::string_view code, std::string_view message, std::string_view hint) {
  Answer answer;
  answer.status = status;
  answer.body.append("{\"error\":").append(error_json(code, message, hint)).append("}");
  return answer;
}

Answer error_answer(const base::Error& error) {
  if (error.code == base::ErrorCode::invalid_argument)
    return error_answer(400, "invalid_argument", error.message());
  if (error.code == base::ErrorCode::not_found) return error_answer(404, "not_found", error.message());
  return error_answer(503, "unavailable", error.message());
}

}  // namespace tickerhouse::serve

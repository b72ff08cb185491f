// A request and its answer, free of any HTTP library: routes take one and give the other.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tickerhouse::serve {

enum class Method : std::uint8_t { get, head, post, put, other };

// Names and values of a query string in their order, percent-decoded.
using Query = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::size_t kQueryParametersMax = 64;

// a=1&b=2; nullopt if it is none, or has more than kQueryParametersMax.
std::optional<Query> parse_query(std::string_view text);
// %2F -> /; nullopt for a broken escape, a control character or bytes that are no UTF-8.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);

struct Request {
  Method method = Method::get;
  std::string target;  // as it came
  std::string path;    // decoded
  Query query;
  std::string body;
  std::string host;  // headers, empty if they are not there
  std::string origin;
  std::string authorization;
  std::string if_none_match;
  bool accepts_gzip = false;
  bool upgrade = false;       // asks for a WebSocket
  std::string local_address;  // where the client reached us
};

struct Answer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string_view fixed;  // if not empty: instead of body; lives as long as the program
  std::vector<std::pair<std::string, std::string>> headers;
  // If set: the rest of the answer. Appends the next piece; false: that was the last one. From a worker.
  std::function<base::Result<bool>(std::string& piece)> more;
};

// {"error":{"code":...,"message":...,"hint":...}}
std::string error_json(std::string_view code, std::string_view message, std::string_view hint);
Answer error_answer(unsigned status, std::string_view code, std::string_view message,
                    std::string_view hint = {});
Answer error_answer(const base::Error& error);  // 503, or what its code says

}  // namespace tickerhouse::serve

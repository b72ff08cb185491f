// A blocking HTTP client over a bare socket: it sends what it is told, right or wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace tickerhouse::tests {

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;                            // chunks put together
  bool whole = false;                          // it came to its end
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body); }
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, int receive_buffer = 0);
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&&) = delete;

  bool send(std::string_view bytes);
  void half_close();
  void reset();  // closes with an RST
  // The next answer; whole is false if the connection ended or `seconds` passed before.
  Response read(bool head = false, int seconds = 20);
  std::string read_some(int seconds = 20);  // empty: closed, or nothing came
  std::string rest();                       // what came after the last answer
  bool closed(int seconds);                 // by the server, within that time; what comes before is dropped
  Response get(const std::string& target, const std::string& headers = "");
  Response ask(const std::string& method, const std::string& target, const std::string& body,
               const std::string& headers = "");
  [[nodiscard]] int fd() const { return fd_; }

  std::string host;  // of get() and ask()

 private:
  bool fill(int seconds);
  bool take_body(Response& response, int seconds);
  int fd_ = -1;
  std::string buffer_;
};

}  // namespace tickerhouse::tests

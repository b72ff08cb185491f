// A WebSocket client over a bare socket (RFC 6455, no extensions).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/serve/http_client.h"

namespace tickerhouse::tests {

class StreamSocket {
 public:
  explicit StreamSocket(std::uint16_t port, const std::string& target = "/api/v1/stream",
                        int receive_buffer = 0);

  Response handshake;  // 101 if it is open
  void say(const std::string& json) { send_frame(1, json); }
  void send_frame(int opcode, std::string_view payload);
  // The next text message; nothing if none came within `seconds` or the connection ended. Pings are answered.
  std::optional<nlohmann::json> hear(int seconds = 20);
  // The next message of the type; those before it are dropped, but their numbers are looked at.
  nlohmann::json hear(const std::string& type, int seconds = 20);
  int close_code = 0;  // of the server's close frame, once it came
  bool numbers_have_holes = false;
  HttpClient http;

 private:
  bool take_frame(int& opcode, bool& last, std::string& payload);
  std::string bytes_;
  std::uint64_t n_ = 0;
};

}  // namespace tickerhouse::tests

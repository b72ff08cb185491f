#include "tests/serve/stream_client.h"

#include <chrono>

#include <gtest/gtest.h>

namespace tickerhouse::tests {

StreamSocket::StreamSocket(std::uint16_t port, const std::string& target, int receive_buffer)
    : http(port, receive_buffer) {
  http.send("GET " + target + " HTTP/1.1\r\nHost: " + http.host +
            "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  handshake = http.read();
}

void StreamSocket::send_frame(int opcode, std::string_view payload) {
  std::string frame(1, static_cast<char>(0x80 | opcode));
  const std::size_t size = payload.size();
  if (size < 126) {
    frame.push_back(static_cast<char>(0x80 | size));
  } else {
    const int bytes = size < 65'536 ? 2 : 8;
    frame.push_back(static_cast<char>(0x80 | (bytes == 2 ? 126 : 127)));
    for (int i = bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(size >> (8 * i)));
  }
  frame.append("abcd");
  for (std::size_t i = 0; i < size; ++i) frame.push_back(static_cast<char>(payload[i] ^ "abcd"[i % 4]));
  http.send(frame);
}

bool StreamSocket::take_frame(int& opcode, bool& last, std::string& payload) {
  if (bytes_.size() < 2) return false;
  const auto at = [this](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes_[i]));
  };
  opcode = static_cast<int>(at(0) & 15U);
  last = (at(0) & 128U) != 0;
  std::size_t size = at(1) & 127U;
  const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (bytes_.size() < 2 + extra) return false;
  if (extra > 0) size = 0;
  for (std::size_t i = 0; i < extra; ++i) size = size << 8U | at(2 + i);
  if (bytes_.size() < 2 + extra + size) return false;
  payload = bytes_.substr(2 + extra, size);
  bytes_.erase(0, 2 + extra + size);
  return true;
}

std::optional<nlohmann::json> StreamSocket::hear(int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::string message;
  while (true) {
    int opcode = 0;
    bool last = false;
    std::string payload;
    bytes_.append(http.rest());
    while (!take_frame(opcode, last, payload)) {
      if (std::chrono::steady_clock::now() > deadline) return std::nullopt;
      bytes_.append(http.read_some(1));
    }
    if (opcode == 8) {
      if (payload.size() >= 2)
        close_code = static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
      return std::nullopt;
    }
    if (opcode == 9) send_frame(10, payload);
    if (opcode > 2) continue;
    message.append(payload);
    if (!last) continue;
    nlohmann::json json = nlohmann::json::parse(message);
    if (json["n"].get<std::uint64_t>() != ++n_) numbers_have_holes = true;
    return json;
  }
}

nlohmann::json StreamSocket::hear(const std::string& type, int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto message = hear(1);
    if (message && (*message)["type"] == type) return *message;
    if (close_code != 0) break;
  }
  ADD_FAILURE() << "no message of type " << type;
  return {};
}

}  // namespace tickerhouse::tests

#include "tests/serve/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>

#include <gtest/gtest.h>

namespace tickerhouse::tests {

HttpClient::HttpClient(std::uint16_t port, int receive_buffer)
    : host("127.0.0.1:" + std::to_string(port)), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : host(std::move(other.host)), fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

bool HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void HttpClient::half_close() { ::shutdown(fd_, SHUT_WR); }

void HttpClient::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

bool HttpClient::fill(int seconds) {
  const std::string more = read_some(seconds);
  buffer_.append(more);
  return !more.empty();
}

std::string HttpClient::read_some(int seconds) {
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, seconds * 1'000) <= 0) return {};
  std::string bytes(65'536, '\0');
  const ssize_t n = ::recv(fd_, bytes.data(), bytes.size(), 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

bool HttpClient::closed(int seconds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  std::array<char, 65'536> bytes{};
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 100) <= 0) continue;
    if (::recv(fd_, bytes.data(), bytes.size(), 0) <= 0) return true;
  }
  return false;
}

Response HttpClient::read(bool head, int seconds) {
  Response response;
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill(seconds)) return response;
  std::string header = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  response.status = std::stoi(header.substr(9, 3));
  for (std::size_t line = header.find("\r\n") + 2; line < header.size();) {
    const std::size_t stop = header.find("\r\n", line);
    const std::size_t colon = header.find(": ", line);
    std::string name = header.substr(line, colon - line);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    response.headers[name] = header.substr(colon + 2, stop - colon - 2);
    line = stop + 2;
  }
  const bool bodiless = head || response.status == 304 || response.status < 200;
  response.whole = bodiless || take_body(response, seconds);
  return response;
}

bool HttpClient::take_body(Response& response, int seconds) {
  if (response.headers.contains("content-length")) {
    const std::size_t length = std::stoul(response.headers["content-length"]);
    while (buffer_.size() < length)
      if (!fill(seconds)) return false;
    response.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return true;
  }
  if (!response.headers.contains("transfer-encoding")) {
    while (fill(seconds)) {
    }
    response.body = std::exchange(buffer_, {});
    return true;
  }
  while (true) {
    std::size_t line = 0;
    while ((line = buffer_.find("\r\n")) == std::string::npos)
      if (!fill(seconds)) return false;
    std::size_t size = 0;
    std::from_chars(buffer_.data(), buffer_.data() + line, size, 16);
    while (buffer_.size() < line + size + 4)
      if (!fill(seconds)) return false;
    response.body.append(buffer_, line + 2, size);
    buffer_.erase(0, line + size + 4);
    if (size == 0) return true;
  }
}

std::string HttpClient::rest() { return std::exchange(buffer_, {}); }

Response HttpClient::get(const std::string& target, const std::string& headers) {
  return ask("GET", target, "", headers);
}

Response HttpClient::ask(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers;
  if (!body.empty() || method == "POST" || method == "PUT")
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  send(text.append("\r\n").append(body));
  return read(method == "HEAD");
}

}  // namespace tickerhouse::tests

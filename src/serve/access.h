// Who may ask: the Host and Origin a request may name, the token, and tickets for WebSockets, which cannot
// send a header from a browser. Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "serve/http_types.h"
#include "serve/server.h"

namespace tickerhouse::serve {

bool is_loopback(const std::string& address);
// `configuration` unless the address is loopback or token, certificate and key are there.
base::Status check_exposure(const ServeOptions& options);

class Access {
 public:
  Access(const ServeOptions& options, base::Clock& clock);

  // The answer if the request may not come in at all: its Host or Origin is not ours.
  [[nodiscard]] std::optional<Answer> refused(const Request& request) const;
  // The answer if the request lacks the token. A ticket (of a WebSocket) is used up by asking.
  [[nodiscard]] std::optional<Answer> unauthorised(const Request& request, std::string_view ticket);
  base::Result<std::string> new_ticket();

 private:
  [[nodiscard]] bool allowed_name(std::string_view name, const std::string& local_address) const;
  bool use_ticket(std::string_view ticket);

  struct Ticket {
    std::string text;
    base::DurationNanos until = 0;
  };
  std::vector<std::string> names_;  // lower case
  const std::string token_;
  const std::string default_port_;
  base::Clock& clock_;
  std::mutex mutex_;
  std::deque<Ticket> tickets_;  // oldest first, at most kTicketsMax
};

inline constexpr std::size_t kTicketsMax = 256;
inline constexpr base::DurationNanos kTicketLife = 30 * base::kSecond;

// In a time that depends on the length of `given` only.
bool equal_secret(std::string_view given, std::string_view secret);
base::Result<std::string> random_id();  // 32 hexadecimal digits

}  // namespace tickerhouse::serve

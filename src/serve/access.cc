#include "serve/access.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <sys/random.h>

#include "base/hash.h"

namespace tickerhouse::serve {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct NamePort {
  std::string name;  // lower case, an IPv6 address without its brackets
  std::string port;  // empty: not written
};

std::optional<NamePort> split_host(std::string_view host) {
  NamePort split;
  std::string_view rest;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    split.name = lower(host.substr(1, close - 1));
    rest = host.substr(close + 1);
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    split.name = lower(host.substr(0, colon));
    rest = host.substr(colon);
  }
  if (!rest.empty()) {
    split.port = rest.substr(1);
    const bool digits =
        std::all_of(split.port.begin(), split.port.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (rest.front() != ':' || split.port.empty() || split.port.size() > 5 || !digits) return std::nullopt;
  }
  if (split.name.empty()) return std::nullopt;
  return split;
}

}  // namespace

bool is_loopback(const std::string& address) {
  if (address == "localhost") return true;
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24U) == 127;
  in6_addr six{};
  return ::inet_pton(AF_INET6, address.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

base::Status check_exposure(const ServeOptions& options) {
  const auto error = [](std::string what) {
    return base::Error{base::ErrorCode::configuration, std::move(what), "serve.address"};
  };
  if (options.tls_certificate.empty() != options.tls_key.empty())
    return error("serve.tls_certificate and serve.tls_key belong together: one of them is missing");
  if (is_loopback(options.address)) return {};
  std::string missing;
  for (const auto& [key, value] :
       {std::pair<const char*, const std::string&>{"serve.token_file", options.token},
        {"serve.tls_certificate", options.tls_certificate},
        {"serve.tls_key", options.tls_key}})
    if (value.empty()) missing.append(missing.empty() ? "" : ", ").append(key);
  if (missing.empty()) return {};
  return error(
      std::string(options.address).append(" is not this machine alone; it also needs ").append(missing));
}

Access::Access(const ServeOptions& options, base::Clock& clock)
    : token_(options.token), default_port_(options.tls_certificate.empty() ? "80" : "443"), clock_(clock) {
  names_ = {lower(options.address), "localhost"};
  if (is_loopback(options.address)) names_.insert(names_.end(), {"127.0.0.1", "::1"});
  for (const std::string& name : options.allowed_hosts) names_.push_back(lower(name));
}

// An address as such is no danger, only a name is that somebody else may point here.
bool Access::allowed_name(std::string_view name, const std::string& local_address) const {
  return name == local_address || std::find(names_.begin(), names_.end(), name) != names_.end();
}

std::optional<Answer> Access::refused(const Request& request) const {
  if (request.host.empty()) return error_answer(400, "host_missing", "the request names no Host");
  const auto host = split_host(request.host);
  if (!host || !allowed_name(host->name, request.local_address))
    return error_answer(403, "host_not_allowed", "this server does not answer to that Host",
                        "add it to serve.allowed_hosts");
  if (request.origin.empty()) return std::nullopt;
  const std::size_t scheme_end = request.origin.find("://");
  const std::string scheme = lower(request.origin.substr(0, scheme_end));
  const auto origin = scheme_end == std::string::npos
                          ? std::nullopt
                          : split_host(std::string_view(request.origin).substr(scheme_end + 3));
  const auto port_of = [](const NamePort& place, const std::string& usual) {
    return place.port.empty() ? usual : place.port;
  };
  const bool ours = origin && (scheme == "http" || scheme == "https") &&
                    allowed_name(origin->name, request.local_address) &&
                    port_of(*origin, scheme == "https" ? "443" : "80") == port_of(*host, default_port_);
  if (ours) return std::nullopt;
  return error_answer(403, "origin_not_allowed", "pages of that Origin may not ask this server");
}

std::optional<Answer> Access::unauthorised(const Request& request, std::string_view ticket) {
  if (token_.empty()) return std::nullopt;
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view given = request.authorization;
  if (given.size() > kBearer.size() && lower(given.substr(0, kBearer.size())) == kBearer &&
      equal_secret(given.substr(kBearer.size()), token_))
    return std::nullopt;
  if (!ticket.empty() && use_ticket(ticket)) return std::nullopt;
  Answer answer =
      error_answer(401, "unauthorised", "a token is needed", "send it as \"Authorization: Bearer TOKEN\"");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

base::Result<std::string> Access::new_ticket() {
  ASSIGN_OR_RETURN(std::string text, random_id());
  const std::lock_guard lock(mutex_);
  tickets_.push_back({text, clock_.monotonic_now() + kTicketLife});
  if (tickets_.size() > kTicketsMax) tickets_.pop_front();
  return text;
}

bool Access::use_ticket(std::string_view ticket) {
  const std::lock_guard lock(mutex_);
  const base::DurationNanos now = clock_.monotonic_now();
  while (!tickets_.empty() && tickets_.front().until < now) tickets_.pop_front();
  for (auto known = tickets_.begin(); known != tickets_.end(); ++known)
    if (equal_secret(ticket, known->text)) {
      tickets_.erase(known);
      return true;
    }
  return false;
}

bool equal_secret(std::string_view given, std::string_view secret) {
  volatile unsigned difference = given.size() == secret.size() && !secret.empty() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto right = static_cast<unsigned char>(secret.empty() ? 0 : secret[i % secret.size()]);
    difference = difference | (static_cast<unsigned char>(given[i]) ^ right);
  }
  return difference == 0;
}

base::Result<std::string> random_id() {
  base::Hash128 bits;
  if (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
    return base::Error{base::ErrorCode::io, "the system gives no random bytes", "getrandom"};
  return base::to_hex(bits);
}

}  // namespace tickerhouse::serve

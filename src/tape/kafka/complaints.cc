#include "tape/kafka/complaints.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "tape/kafka/client.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr const char* kLogin =
    "kafka.properties sasl.username, sasl.password (kafka.password_file), sasl.mechanism";
constexpr const char* kMechanism = "kafka.properties sasl.mechanism";
constexpr const char* kProtocol = "kafka.properties security.protocol";
constexpr const char* kAuthority = "kafka.properties ssl.ca.location";
constexpr const char* kCertificate = "kafka.properties ssl.certificate.location, ssl.key.location";
constexpr const char* kKey =
    "kafka.properties ssl.key.location, ssl.key.password (kafka.tls_key_password_file)";
constexpr const char* kBrokers = "kafka.brokers";

constexpr std::size_t kPartsMax = 6;

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// What the library says, by its own words: connections that the other side closes have no code but
// "transport". The first line that fits counts.
struct Rule {
  [[nodiscard]] bool fits(std::string_view text) const {
    return std::any_of(parts.begin(), parts.end(),
                       [text](std::string_view part) { return !part.empty() && has(text, part); });
  }
  std::array<std::string_view, kPartsMax> parts;  // one of them is in it
  Fault::Kind kind;
  const char* setting;
  const char* what;
};

const auto& rules() {
  using enum Fault::Kind;
  static const std::array kRules = {
      Rule{{"Unsupported SASL mechanism", "Failed to initialize SASL"},
           certain,
           kMechanism,
           "the broker does not offer this mechanism"},
      Rule{{"mechanism handshake failed", "SASL Handshake not supported"},
           certain,
           kProtocol,
           "this listener of the broker takes no login"},
      Rule{{"SASL authentication error", "SASL authentication failure"},
           certain,
           kLogin,
           "the broker refuses the login"},
      Rule{{"certificate could not be verified", "certificate verify failed",
            "Failed to verify broker certificate"},
           certain,
           kAuthority,
           "the broker's certificate is not from an authority in this file, or not for this address"},
      Rule{{"alert bad certificate", "alert unknown ca", "alert certificate", "certificate required",
            "alert unsupported certificate", "alert handshake failure"},
           certain,
           kCertificate,
           "the broker wants a certificate of this client, or refuses the one it has"},
      Rule{{"connecting to a PLAINTEXT broker listener?", "wrong version number"},
           suspected,
           kProtocol,
           "TLS, but this listener of the broker seems to speak none"},
      Rule{{"Name or service not known", "No address associated"}, suspected, kBrokers, "no such host"},
      Rule{{"Failed to resolve", "Connect to "}, unreachable, kBrokers, "nobody is there"},
  };
  return kRules;
}

// A broker that hangs up says nothing: what it wanted follows from how far the client had come. (The library
// says "in state UP" when it may ask, that is after login and TLS.)
Fault fault_of_hang_up(std::string_view complaint) {
  using enum Fault::Kind;
  const bool tls = has(complaint, "ssl://");
  const bool login = has(complaint, "sasl_");
  if (has(complaint, "in state APIVERSION_QUERY"))
    return tls ? Fault{suspected, kCertificate,
                       "the broker hangs up; it may want a certificate of this client"}
               : Fault{suspected, kProtocol, "no TLS, but this listener of the broker seems to want it"};
  if (has(complaint, "in state AUTH")) return {suspected, kLogin, "the broker hangs up during the login"};
  if (has(complaint, "in state UP") && !login)
    return {suspected, kProtocol, "no login, but this listener of the broker seems to want one"};
  return {};
}

// "[thrd:...]: " begins the lines of the library's log, "(after 3ms in state CONNECT)" ends them.
std::string_view stripped(std::string_view text) {
  constexpr std::string_view kThreadEnd = "]: ";
  if (text.starts_with("[thrd:"))
    text.remove_prefix(
        std::min(text.size(), std::min(text.find(kThreadEnd), text.size()) + kThreadEnd.size()));
  return text.substr(0, std::min(text.rfind(" (after "), text.size()));
}

// Beside a complaint that needs no waiting, how long one is given that may pass.
constexpr std::chrono::seconds kSuspicionLasts(3);
constexpr int kLookMs = 50;

base::Error error_of(const Complaints& complaints, std::string_view brokers) {
  const Fault fault = complaints.fault();
  if (fault.kind == Fault::Kind::certain || fault.kind == Fault::Kind::suspected)
    return {base::ErrorCode::configuration, fault.what, fault.setting};
  std::string what = std::string("no broker answers at ").append(brokers);
  if (const std::string last = complaints.last(); !last.empty()) what.append(" (").append(last).append(")");
  return {base::ErrorCode::io, what, kBrokers};
}

// A broker's first answer names its cluster.
bool has_answered(Client& client) {
  char* const cluster = rd_kafka_clusterid(client.get(), kLookMs);
  if (cluster == nullptr) return false;
  rd_kafka_mem_free(client.get(), cluster);
  return true;
}

}  // namespace

Fault fault_of(std::string_view complaint) {
  Fault fault;
  const auto rule = std::find_if(rules().begin(), rules().end(),
                                 [complaint](const Rule& one) { return one.fits(complaint); });
  if (rule != rules().end()) {
    fault = {rule->kind, rule->setting, rule->what};
  } else if (has(complaint, "Disconnected")) {
    fault = fault_of_hang_up(complaint);
  }
  if (fault.kind != Fault::Kind::none) fault.what.append(" (").append(stripped(complaint)).append(")");
  return fault;
}

std::string setting_of_refusal(std::string_view why) {
  if (has(why, "provider for SASL mechanism")) return kMechanism;
  if (has(why, "sasl.username and sasl.password")) return kLogin;
  // A key that its password does not open is told from one that is none only by OpenSSL's log.
  if (has(why, "ssl.key.") && has(why, "PEM lib")) return kKey;
  if (has(why, "ssl.ca.location")) return kAuthority;
  if (has(why, "ssl.certificate.location") || has(why, "ssl.key.location")) return kCertificate;
  return "kafka.properties";
}

void Complaints::note(std::string_view text) {
  Fault fault = fault_of(text);
  const std::lock_guard lock(mutex_);
  last_ = stripped(text);
  if (fault.kind != Fault::Kind::none && fault_.kind != Fault::Kind::certain) fault_ = std::move(fault);
}

std::string Complaints::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

Fault Complaints::fault() const {
  const std::lock_guard lock(mutex_);
  return fault_;
}

base::Status reach(Client& client, std::string_view brokers, base::DurationNanos patience) {
  const auto begun = std::chrono::steady_clock::now();
  const std::chrono::milliseconds most(
      std::min<std::int64_t>(client.patience(), patience / base::kMillisecond));
  while (true) {
    if (has_answered(client)) return {};
    client.poll(1);
    const Fault fault = client.complaints().fault();
    const auto waited = std::chrono::steady_clock::now() - begun;
    if (fault.kind == Fault::Kind::certain ||
        (fault.kind == Fault::Kind::suspected && waited > kSuspicionLasts) || waited > most)
      return error_of(client.complaints(), brokers);
  }
}

}  // namespace tickerhouse::tape::kafka

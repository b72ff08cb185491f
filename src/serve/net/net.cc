#include "serve/net/net.h"

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <openssl/ssl.h>

#include "serve/net/beast_streams.h"
#include "serve/net/port_owner.h"

namespace tickerhouse::serve {
namespace {

using asio::ip::tcp;

constexpr std::chrono::milliseconds kTick(100);
constexpr int kTicksPerSecond = 10;
constexpr int kTicksToEnd = 15;  // after that connections are dropped, so that the end takes less than 2 s
constexpr int kPortsTried = 101;

base::Error configuration(std::string what, std::string where) {
  return {base::ErrorCode::configuration, std::move(what), std::move(where)};
}

base::Status set_up_tls(const ServeOptions& options, std::optional<asio::ssl::context>& tls) {
  if (options.tls_certificate.empty()) return {};
  tls.emplace(asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(tls->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  beast::error_code error;
  tls->use_certificate_chain_file(options.tls_certificate, error);
  if (error) return configuration("cannot use this certificate: " + error.message(), options.tls_certificate);
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  if (error) return configuration("cannot use this key: " + error.message(), options.tls_key);
  if (SSL_CTX_check_private_key(tls->native_handle()) != 1)
    return configuration("the key does not belong to the certificate", options.tls_key);
  return {};
}

class NetImpl final : public Net {
 public:
  explicit NetImpl(Core& core) : loop_(core), acceptor_(loop_.io), timer_(loop_.io) {}

  ~NetImpl() override {
    if (!thread_.joinable()) return;
    asio::post(loop_.io, [this] { begin_end(); });
    thread_.join();
  }

  base::Status listen() {
    const ServeOptions& options = loop_.core.options;
    RETURN_IF_ERROR(check_exposure(options));
    RETURN_IF_ERROR(set_up_tls(options, loop_.tls));
    beast::error_code error;
    const auto address =
        asio::ip::make_address(options.address == "localhost" ? "127.0.0.1" : options.address, error);
    if (error) return configuration("expected an IP address or localhost", "serve.address");
    const int tries = options.next_free_port && options.port != 0 ? kPortsTried : 1;
    for (int i = 0; i < tries && options.port + i <= 0xFFFF; ++i) {
      error = bind({address, static_cast<std::uint16_t>(options.port + i)});
      if (!error) return {};
      if (error != asio::error::address_in_use) break;
    }
    return bind_error(error);
  }

  void start() {
    accept();
    tick();
    thread_ = std::thread([this] { loop_.io.run(); });
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  beast::error_code bind(const tcp::endpoint& endpoint) {
    beast::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    beast::error_code ignored;
    if (error) acceptor_.close(ignored);
    return error;
  }

  [[nodiscard]] base::Error bind_error(const beast::error_code& error) const {
    const ServeOptions& options = loop_.core.options;
    const std::string where = options.address + ":" + std::to_string(options.port);
    if (error != asio::error::address_in_use)
      return configuration("cannot listen: " + error.message(), where);
    std::string what =
        options.next_free_port ? "this port and the next 100 are in use" : "the port is in use";
    const std::string owner = port_owner(options.port);
    if (!owner.empty()) what.append(" by ").append(owner);
    return {base::ErrorCode::busy, what.append("; choose another with serve.port"), where};
  }

  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (loop_.stopping) return;
      if (error) {  // no more file descriptors, most likely: the next tick tries again
        accept_again_ = true;
        return;
      }
      take(std::move(socket));
      accept();
    });
  }

  void take(tcp::socket socket) {
    beast::error_code ignored;
    if (loop_.sessions.size() < kConnectionsMax) {
      socket.set_option(tcp::no_delay(true), ignored);
      return start_http(loop_, std::move(socket));
    }
    if (loop_.tls) return;
    static constexpr std::string_view kFull =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 21\r\nRetry-After: "
        "1\r\n"
        "Connection: close\r\n\r\ntoo many connections\n";
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kFull.data(), kFull.size()), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void tick() {
    timer_.expires_after(kTick);
    timer_.async_wait([this](beast::error_code error) {
      if (error) return;
      if (loop_.stopping ? end_tick() : live_tick()) tick();
    });
  }

  bool live_tick() {
    if (std::exchange(accept_again_, false)) accept();
    if (++ticks_ % kTicksPerSecond == 0 && !loop_.refreshing) {
      loop_.refreshing = true;
      const bool posted = loop_.workers.post([this] {
        (void)loop_.core.board.refresh();  // if it fails the last one stands, and /readyz and /status say so
        loop_.refreshing = false;
      });
      if (!posted) loop_.refreshing = false;
    }
    loop_.hub.new_round();
    for_each([](Session& session) { session.tick(); });
    return true;
  }

  // Each call may end sessions, other ones too.
  template <typename Do>
  void for_each(Do action) {
    const std::vector<Session*> all(loop_.sessions.begin(), loop_.sessions.end());
    for (Session* session : all)
      if (loop_.sessions.contains(session)) action(*session);
  }

  void begin_end() {
    loop_.stopping = true;
    ticks_ = 0;
    beast::error_code ignored;
    acceptor_.close(ignored);
    for_each([](Session& session) { session.stop(); });
  }

  // Until all are gone; false ends the timer, and with it the loop.
  bool end_tick() {
    if (loop_.sessions.empty()) return false;
    if (++ticks_ < kTicksToEnd) return true;
    for_each([](Session& session) { session.drop(); });
    loop_.io.stop();  // a session that waits for a worker ends with the loop
    return false;
  }

  Loop loop_;
  tcp::acceptor acceptor_;
  asio::steady_timer timer_;
  std::uint16_t port_ = 0;
  int ticks_ = 0;
  bool accept_again_ = false;
  std::thread thread_;
};

}  // namespace

base::Result<std::unique_ptr<Net>> Net::open(Core& core) {
  auto net = std::make_unique<NetImpl>(core);
  RETURN_IF_ERROR(net->listen());
  net->start();
  return std::unique_ptr<Net>(std::move(net));
}

}  // namespace tickerhouse::serve

// What the .cc files of this folder share of Boost.Beast: the two kinds of stream and the loop they run on.
// The one header that includes a vendor's (tools/check_layers.py): a session is a template over its stream,
// and its two halves, HTTP and WebSocket, hand the stream over.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include "serve/core.h"
#include "serve/net/net.h"
#include "serve/net/workers.h"
#include "serve/stream/stream.h"

namespace tickerhouse::serve {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

using PlainStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;  // Beast's own is ambiguous to clang 16 in C++20

inline constexpr bool is_tls(const PlainStream&) { return false; }
inline constexpr bool is_tls(const TlsStream&) { return true; }

// One connection; it lives as long as something it has asked for is under way. All on the loop's thread.
class Session {
 public:
  virtual ~Session() = default;
  virtual void stop() = 0;  // the server ends: say so, and close
  virtual void drop() = 0;  // close now
  virtual void tick() {}    // every 100 ms
};

struct Loop {
  explicit Loop(Core& core_given)
      : core(core_given),
        hub(core_given),
        workers(3, 64),
        of_tape(core.cluster ? 2 : 0, 64),
        of_brokers(core.cluster ? 2 : 0, 32) {}
  Workers& workers_for(RouteKind kind) {
    if (!core.cluster || kind == RouteKind::slow) return workers;
    return kind == RouteKind::tape ? of_tape : of_brokers;
  }
  Core& core;
  StreamHub hub;
  std::set<Session*> sessions;  // before the io_context, whose end ends the last of them
  bool stopping = false;
  std::atomic<bool> refreshing = false;  // the status, on a worker
  asio::io_context io{1};
  std::optional<asio::ssl::context> tls;
  Workers workers;  // last: their threads use all of the others
  Workers of_tape;
  Workers of_brokers;
};

// Enters a connection into the loop for as long as it lives.
class InLoop {
 public:
  InLoop(Loop& loop, Session& session) : loop_(loop), session_(session) {
    loop_.sessions.insert(&session_);
    loop_.core.counters.connections = loop_.sessions.size();
  }
  ~InLoop() {
    loop_.sessions.erase(&session_);
    loop_.core.counters.connections = loop_.sessions.size();
  }
  InLoop(const InLoop&) = delete;
  InLoop& operator=(const InLoop&) = delete;

 private:
  Loop& loop_;
  Session& session_;
};

void start_http(Loop& loop, asio::ip::tcp::socket&& socket);
// Takes over the stream of an HTTP session that was asked for a WebSocket.
template <class Stream>
void start_stream(Loop& loop, Stream stream, const http::request<http::string_body>& request);
void add_security_headers(http::fields& fields, bool tls);

}  // namespace tickerhouse::serve

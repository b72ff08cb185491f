// One HTTP connection: reads a request within its limits, has it dispatched, writes the answer, and again. A
// request that was sent ahead (pipelining) waits in the buffer.
#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include "serve/net/beast_streams.h"

namespace tickerhouse::serve {

void add_security_headers(http::fields& fields, bool tls) {
  fields.set(
      "Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
      "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Referrer-Policy", "no-referrer");
  fields.set("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
  fields.set("Cross-Origin-Opener-Policy", "same-origin");
  fields.set("Cross-Origin-Resource-Policy", "same-origin");
  if (tls) fields.set("Strict-Transport-Security", "max-age=31536000");
}

namespace {

constexpr std::chrono::seconds kLingerTime(1);
constexpr std::size_t kPieceBytes = 64U << 10U;
constexpr std::size_t kBufferBytesMax = 128U << 10U;
constexpr std::size_t kLingerBytesMax = 2U << 20U;

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::get;
    case http::verb::head:
      return Method::head;
    case http::verb::post:
      return Method::post;
    case http::verb::put:
      return Method::put;
    default:
      return Method::other;
  }
}

std::string text_of(beast::string_view text) { return {text.data(), text.size()}; }

// The answer to a request that cannot be read; nothing to a connection that is gone.
std::optional<Answer> answer_to(const beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return error_answer(431, "header_too_large", "the header of a request is at most 8 KiB");
  if (error == http::error::body_limit)
    return error_answer(413, "body_too_large", "the body of a request is at most 1 MiB");
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return error_answer(400, "bad_request", "this is no HTTP request");
  return std::nullopt;
}

template <class Stream>
class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  template <class... Arguments>
  explicit HttpSession(Loop& loop, asio::ip::tcp::socket&& socket, Arguments&... arguments)
      : loop_(loop), stream_(std::move(socket), arguments...), in_loop_(loop, *this) {
    beast::error_code error;
    const auto local = lowest().socket().local_endpoint(error);
    if (!error) local_address_ = local.address().to_string();
  }

  void start() {
    lowest().expires_after(std::chrono::nanoseconds(patience().request));
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](beast::error_code error) {
                                if (!error) self->read_header();
                              });
    } else {
      read_header();
    }
  }

  void stop() override {
    if (!busy_) drop();  // an answer under way is finished, and then the connection closes
  }
  void drop() override { lowest().close(); }

 private:
  [[nodiscard]] const ServePatience& patience() const { return loop_.core.options.patience; }
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  template <class Member>
  auto then(Member member) {
    return [self = this->shared_from_this(), member](beast::error_code error, std::size_t bytes) {
      ((*self).*member)(error, bytes);
    };
  }

  void read_next() {
    busy_ = false;
    if (loop_.stopping) return close();
    if (buffer_.size() > 0) {
      lowest().expires_after(std::chrono::nanoseconds(patience().request));
      return read_header();
    }
    lowest().expires_after(std::chrono::nanoseconds(patience().idle));
    stream_.async_read_some(buffer_.prepare(kPieceBytes / 16), then(&HttpSession::on_first_bytes));
  }

  void on_first_bytes(beast::error_code error, std::size_t bytes) {
    if (error) return close();
    buffer_.commit(bytes);
    lowest().expires_after(std::chrono::nanoseconds(patience().request));
    read_header();
  }

  void read_header() {
    parser_ = std::make_unique<http::request_parser<http::string_body>>();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    http::async_read_header(stream_, buffer_, *parser_, then(&HttpSession::on_header));
  }

  void on_header(beast::error_code error, std::size_t) {
    if (error) return on_unreadable(error);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      return asio::async_write(stream_, asio::buffer(kContinue.data(), kContinue.size()),
                               then(&HttpSession::on_continue));
    }
    read_body();
  }

  void on_continue(beast::error_code error, std::size_t) { error ? drop() : read_body(); }

  void read_body() { http::async_read(stream_, buffer_, *parser_, then(&HttpSession::on_request)); }

  void on_unreadable(const beast::error_code& error) {
    keep_alive_ = false;
    head_only_ = false;
    version_ = 11;
    if (auto answer = answer_to(error)) {
      route_ = "other";
      linger_ = true;
      return write(std::move(*answer));
    }
    error == http::error::end_of_stream ? close() : drop();
  }

  void on_request(beast::error_code error, std::size_t) {
    if (error) return on_unreadable(error);
    lowest().expires_never();
    busy_ = true;
    auto& message = parser_->get();
    request_ = {};
    request_.method = method_of(message.method());
    request_.target = text_of(message.target());
    request_.host = text_of(message[http::field::host]);
    request_.origin = text_of(message[http::field::origin]);
    request_.authorization = text_of(message[http::field::authorization]);
    request_.if_none_match = text_of(message[http::field::if_none_match]);
    request_.accepts_gzip = text_of(message[http::field::accept_encoding]).find("gzip") != std::string::npos;
    request_.upgrade = beast::websocket::is_upgrade(message);
    request_.local_address = local_address_;
    request_.body = std::move(message.body());
    head_only_ = request_.method == Method::head;
    keep_alive_ = message.keep_alive();
    version_ = message.version();
    Dispatch found = dispatch(loop_.core, request_);
    route_ = found.route;
    if (found.upgrade) return upgrade();
    if (!found.job) return write(std::move(found.answer));
    const bool taken = loop_.workers_for(found.kind)
                           .post([self = this->shared_from_this(), job = std::move(found.job)]() mutable {
                             asio::io_context& io = self->loop_.io;
                             Answer answer = job();
                             job = nullptr;
                             // The session may end with what is posted, but not here: it belongs to the
                             // loop's thread.
                             asio::post(io, [self = std::move(self), answer = std::move(answer)]() mutable {
                               self->write(std::move(answer));
                             });
                           });
    if (!taken) write(error_answer(429, "too_many_requests", "too many requests wait for their answers"));
  }

  void upgrade() {
    count(101);
    // A client waits for the answer before it speaks the new protocol.
    if (buffer_.size() > 0) return drop();
    start_stream<Stream>(loop_, std::move(stream_), parser_->get());
  }

  void count(unsigned status) {
    Counters& counters = loop_.core.counters;
    const std::lock_guard lock(counters.mutex);
    ++counters.requests[{route_, status}];
  }

  void write(Answer answer) {
    answer_ = std::move(answer);
    offset_ = 0;
    message_ = std::make_unique<http::response<http::buffer_body>>();
    http::response<http::buffer_body>& message = *message_;
    message.result(answer_.status);
    message.version(version_);
    add_security_headers(message, is_tls(stream_));
    message.set(http::field::cache_control, "no-store");
    if (answer_.status != 304) message.set(http::field::content_type, answer_.content_type);
    for (const auto& [name, value] : answer_.headers) message.set(name, value);
    if (answer_.more && version_ == 10) keep_alive_ = false;
    if (loop_.stopping) keep_alive_ = false;
    message.keep_alive(keep_alive_);
    if (answer_.more) {
      if (version_ == 11) message.chunked(true);
    } else if (answer_.status != 304) {
      message.content_length(bytes().size());
    }
    serializer_ = std::make_unique<http::response_serializer<http::buffer_body>>(message);
    count(answer_.status);
    lowest().expires_after(std::chrono::nanoseconds(patience().write));
    if (head_only_ || answer_.status == 304)
      return http::async_write_header(stream_, *serializer_, then(&HttpSession::on_written));
    next_piece();
  }

  [[nodiscard]] std::string_view bytes() const {
    return answer_.fixed.empty() ? std::string_view(answer_.body) : answer_.fixed;
  }

  // A body goes out in pieces, so that a slow reader is given time as long as it reads at all.
  void next_piece() {
    const std::string_view rest = bytes().substr(offset_);
    const std::string_view piece = rest.substr(0, kPieceBytes);
    offset_ += piece.size();
    auto& body = message_->body();
    // Of no bytes there must be no buffer: an empty chunk would end the answer.
    body.data = piece.empty() ? nullptr : const_cast<char*>(piece.data());  // NOLINT: it is only read
    body.size = piece.size();
    body.more = piece.size() < rest.size() || answer_.more != nullptr;
    lowest().expires_after(std::chrono::nanoseconds(patience().write));
    http::async_write(stream_, *serializer_, then(&HttpSession::on_written));
  }

  void on_written(beast::error_code error, std::size_t) {
    const bool wants_more = error == http::error::need_buffer;
    if (error && !wants_more) return drop();
    if (wants_more) return offset_ < bytes().size() ? next_piece() : fetch_more();
    answer_ = {};
    serializer_.reset();
    message_.reset();
    keep_alive_ ? read_next() : close();
  }

  void fetch_more() {
    lowest().expires_never();
    const bool taken = loop_.workers.post([self = this->shared_from_this()]() mutable {
      asio::io_context& io = self->loop_.io;
      std::string piece;
      const base::Result<bool> more = self->answer_.more(piece);
      asio::post(io, [self = std::move(self), piece = std::move(piece), more]() mutable {
        self->on_more(std::move(piece), more);
      });
    });
    if (!taken) drop();
  }

  // An answer that cannot be finished is cut off, so that the client does not take it for whole.
  void on_more(std::string piece, const base::Result<bool>& more) {
    if (!more.ok()) return drop();
    answer_.body = std::move(piece);
    offset_ = 0;
    if (!*more) answer_.more = nullptr;
    next_piece();
  }

  void close() {
    busy_ = false;
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      lowest().expires_after(kLingerTime);
      stream_.async_shutdown([self = this->shared_from_this()](beast::error_code) { self->drop(); });
    } else {
      beast::error_code ignored;
      lowest().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      if (!linger_) return drop();
      lowest().expires_after(kLingerTime);
      discard();
    }
  }

  // A client that still sends would lose the answer if the connection were reset.
  void discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kPieceBytes),
                            [self = this->shared_from_this()](beast::error_code error, std::size_t count) {
                              self->discarded_ += count;
                              error || self->discarded_ > kLingerBytesMax ? self->drop() : self->discard();
                            });
  }

  Loop& loop_;
  Stream stream_;
  InLoop in_loop_;
  beast::flat_buffer buffer_{kBufferBytesMax};
  std::unique_ptr<http::request_parser<http::string_body>> parser_;
  std::string local_address_;
  Request request_;
  Answer answer_;
  std::size_t offset_ = 0;  // of the answer's bytes
  std::unique_ptr<http::response<http::buffer_body>> message_;
  std::unique_ptr<http::response_serializer<http::buffer_body>> serializer_;
  std::string_view route_ = "other";
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool busy_ = false;
  bool linger_ = false;
  std::size_t discarded_ = 0;
};

}  // namespace

void start_http(Loop& loop, asio::ip::tcp::socket&& socket) {
  if (loop.tls)
    std::make_shared<HttpSession<TlsStream>>(loop, std::move(socket), *loop.tls)->start();
  else
    std::make_shared<HttpSession<PlainStream>>(loop, std::move(socket))->start();
}

}  // namespace tickerhouse::serve

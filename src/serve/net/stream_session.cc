// One WebSocket: one reader, one writer with at most one message under way. A message goes out in pieces, so
// that progress can be seen: a connection that takes nothing for a while is dropped.
#include <algorithm>
#include <array>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "serve/net/beast_streams.h"

namespace tickerhouse::serve {
namespace {

namespace websocket = boost::beast::websocket;

constexpr std::size_t kStreamPieceBytes = 16U << 10U;
constexpr int kSendBufferBytes =
    64 << 10;  // of the kernel: what lies there is older than what we would send now

template <class Stream>
class StreamSession final : public Session, public std::enable_shared_from_this<StreamSession<Stream>> {
 public:
  StreamSession(Loop& loop, Stream&& stream)
      : loop_(loop), stream_(std::move(stream)), in_loop_(loop, *this), client_(loop.hub) {
    ++loop_.core.counters.stream_clients;
  }
  ~StreamSession() override { --loop_.core.counters.stream_clients; }
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  void start(const http::request<http::string_body>& request) {
    lowest().expires_never();
    beast::error_code ignored;
    lowest().socket().set_option(asio::socket_base::send_buffer_size(kSendBufferBytes), ignored);
    websocket::stream_base::timeout patience{};
    patience.handshake_timeout = std::chrono::nanoseconds(loop_.core.options.patience.request);
    patience.idle_timeout = std::chrono::nanoseconds(2 * loop_.core.options.patience.idle);
    patience.keep_alive_pings = true;
    stream_.set_option(patience);
    stream_.set_option(websocket::stream_base::decorator(
        [tls = std::is_same_v<Stream, TlsStream>](websocket::response_type& response) {
          add_security_headers(response, tls);
        }));
    stream_.read_message_max(kStreamMessageBytesMax);
    stream_.text(true);
    stream_.auto_fragment(false);  // pieces are ours
    progress_at_ = now();
    stream_.async_accept(request, [self = this->shared_from_this()](beast::error_code error) {
      if (error) return self->drop();
      self->open_ = true;
      self->loop_.stopping ? self->stop() : self->read();
    });
  }

  void stop() override {
    if (std::exchange(closing_, true)) return;
    if (!open_) return drop();
    stream_.async_close(websocket::close_code::going_away,
                        [self = this->shared_from_this()](beast::error_code) { self->drop(); });
  }

  void drop() override {
    closing_ = true;
    lowest().close();
  }

  void tick() override {
    if (!open_ || closing_) return;
    if (writing_ && now() - progress_at_ > loop_.core.options.patience.write) return drop();
    if (client_.begin_round()) ++loop_.core.counters.conflated;
    pump();
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }
  base::DurationNanos now() { return loop_.core.parts.clock.monotonic_now(); }

  void read() {
    reading_ = true;
    stream_.async_read(buffer_, [self = this->shared_from_this()](beast::error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(const beast::error_code& error) {
    reading_ = false;
    if (error) {  // also: the client has closed, and Beast has answered
      if (!closing_) drop();
      return;
    }
    const auto bytes = buffer_.data();
    stream_.got_text() ? client_.on_message({static_cast<const char*>(bytes.data()), bytes.size()})
                       : client_.on_binary();
    buffer_.consume(buffer_.size());
    if (closing_) return;
    pump();
    if (!reading_ && client_.listens()) read();
  }

  void pump() {
    if (writing_ || closing_) return;
    auto message = client_.next();
    if (!message) return;
    message_ = std::move(*message);
    sent_ = 0;
    writing_ = true;
    progress_at_ = now();
    if (!reading_ && client_.listens()) read();
    write_piece();
  }

  [[nodiscard]] std::size_t size() const {
    return message_.head.size() + (message_.tail ? message_.tail->size() : 0);
  }

  void write_piece() {
    const std::size_t end = std::min(size(), sent_ + kStreamPieceBytes);
    const std::size_t head = message_.head.size();
    std::array<asio::const_buffer, 2> piece;
    if (sent_ < head) piece[0] = asio::buffer(message_.head.data() + sent_, std::min(end, head) - sent_);
    if (end > head) {
      const std::size_t from = std::max(sent_, head) - head;
      piece[1] = asio::buffer(message_.tail->data() + from, end - head - from);
    }
    stream_.async_write_some(end == size(), piece,
                             [self = this->shared_from_this()](beast::error_code error, std::size_t count) {
                               self->on_piece(error, count);
                             });
  }

  void on_piece(const beast::error_code& error, std::size_t count) {
    if (error) {
      writing_ = false;
      if (!closing_) drop();
      return;
    }
    sent_ += count;
    progress_at_ = now();
    if (sent_ < size()) return write_piece();
    ++loop_.core.counters.stream_messages;
    loop_.core.counters.stream_bytes += sent_;
    writing_ = false;
    message_ = {};
    pump();
  }

  Loop& loop_;
  websocket::stream<Stream> stream_;
  InLoop in_loop_;
  StreamClient client_;
  beast::flat_buffer buffer_;
  StreamClient::Message message_;
  std::size_t sent_ = 0;
  base::DurationNanos progress_at_ = 0;
  bool open_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool closing_ = false;
};

}  // namespace

template <class Stream>
void start_stream(Loop& loop, Stream stream, const http::request<http::string_body>& request) {
  std::make_shared<StreamSession<Stream>>(loop, std::move(stream))->start(request);
}
template void start_stream(Loop& loop, PlainStream stream, const http::request<http::string_body>& request);
template void start_stream(Loop& loop, TlsStream stream, const http::request<http::string_body>& request);

}  // namespace tickerhouse::serve

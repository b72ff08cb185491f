#include "benchmarks/latency/echo_server.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace tickerhouse::latency {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kTick(100);
constexpr std::size_t kFramesWaitingMax = 1'000'000;
constexpr std::string_view kSymbol = "\"symbol\":\"";

class EchoServer {
 public:
  EchoServer(std::uint16_t port, Cadence cadence)
      : cadence_(cadence), acceptor_(io_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), port)) {}

  void run() {
    read_lines();
    acceptor_.async_accept(stream_.next_layer(), [this](beast::error_code error) {
      if (error) throw beast::system_error(error);
      stream_.next_layer().set_option(tcp::no_delay(true));
      stream_.text(true);
      stream_.async_accept([this](beast::error_code refused) { refused ? io_.stop() : begin(); });
    });
    io_.run();
  }

 private:
  void begin() {
    open_ = true;
    hear();
    for (const auto& [symbol, line] : last_) changed_.insert(symbol);
    send_changed();
    if (cadence_ == Cadence::every_100) tick();
  }

  // Whatever the client says is passed over; when it goes, all ends.
  void hear() {
    stream_.async_read(heard_, [this](beast::error_code error, std::size_t) {
      if (error) return io_.stop();
      heard_.consume(heard_.size());
      hear();
    });
  }

  void tick() {
    timer_.expires_after(kTick);
    timer_.async_wait([this](beast::error_code error) {
      if (error) return;
      send_changed();
      tick();
    });
  }

  void read_lines() {
    input_.async_read_some(asio::buffer(chunk_), [this](beast::error_code error, std::size_t size) {
      if (error) return;  // the end of the input
      pending_.append(chunk_.data(), size);
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = pending_.find('\n', begin)) != std::string::npos; begin = end + 1)
        take(std::string_view(pending_).substr(begin, end - begin));
      pending_.erase(0, begin);
      read_lines();
    });
  }

  void take(std::string_view line) {
    const std::size_t from = line.find(kSymbol) + kSymbol.size();
    const std::string symbol(line.substr(from, line.find('"', from) - from));
    last_[symbol] = line;
    if (!open_) return;
    if (cadence_ == Cadence::every_100) {
      changed_.insert(symbol);
    } else {
      send(std::string(R"({"type":"watch","rows":[)").append(line).append("]}"));
    }
  }

  void send_changed() {
    if (changed_.empty() || !frames_.empty()) return;
    std::string rows;
    for (const std::string& symbol : changed_) rows.append(rows.empty() ? "" : ",").append(last_[symbol]);
    changed_.clear();
    send(std::string(R"({"type":"watch","rows":[)").append(rows).append("]}"));
  }

  void send(std::string frame) {
    if (frames_.size() >= kFramesWaitingMax) throw std::runtime_error("the client of the floor is too slow");
    frames_.push_back(std::move(frame));
    if (frames_.size() == 1) write();
  }

  void write() {
    stream_.async_write(asio::buffer(frames_.front()), [this](beast::error_code error, std::size_t) {
      if (error) return io_.stop();
      frames_.pop_front();
      if (!frames_.empty()) write();
    });
  }

  Cadence cadence_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  beast::websocket::stream<tcp::socket> stream_{io_};
  asio::posix::stream_descriptor input_{io_, STDIN_FILENO};
  asio::steady_timer timer_{io_};
  std::array<char, 64U << 10U> chunk_{};
  std::string pending_;
  std::map<std::string, std::string, std::less<>> last_;
  std::set<std::string> changed_;
  std::deque<std::string> frames_;
  beast::flat_buffer heard_;
  bool open_ = false;
};

}  // namespace

void serve_echo(std::uint16_t port, Cadence cadence) { EchoServer(port, cadence).run(); }

}  // namespace tickerhouse::latency

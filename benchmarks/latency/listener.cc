#include "benchmarks/latency/listener.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <thread>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <simdjson.h>

#include "base/decimal.h"

namespace tickerhouse::latency {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

void Expected::add(const std::vector<Event>& events) {
  for (const Event& event : events) symbols_.at(event.symbol).events.push_back(event);
  unseen_ += events.size();
}

void Expected::take(std::string_view symbol, base::TsNanos ts, std::int64_t cents, base::TsNanos now) {
  std::size_t number = symbols_.size();
  if (symbol.starts_with('S')) std::from_chars(symbol.data() + 1, symbol.data() + symbol.size(), number);
  if (number >= symbols_.size()) throw std::runtime_error(std::string("an unknown symbol: ").append(symbol));
  Symbol& one = symbols_[number];
  const auto found = std::lower_bound(one.events.begin(), one.events.end(), ts,
                                      [](const Event& event, base::TsNanos time) { return event.ts < time; });
  if (found == one.events.end() || found->ts != ts || found->cents != cents ||
      symbol != symbol_name(found->symbol))
    throw std::runtime_error(std::string("a row that was never fed: ").append(symbol));
  const auto seen = static_cast<std::size_t>(found - one.events.begin()) + 1;
  if (seen < one.seen) throw std::runtime_error(std::string("goes back in time: ").append(symbol));
  if (seen > one.seen && ts >= counted_) arrivals.rows.push_back(now - ts);
  unseen_ -= seen - one.seen;
  for (; one.seen < seen; ++one.seen)
    if (one.events[one.seen].ts >= counted_) arrivals.events.push_back(now - one.events[one.seen].ts);
}

std::string Expected::missing() const {
  for (const Symbol& one : symbols_)
    if (one.seen < one.events.size())
      return symbol_name(one.events.front().symbol)
          .append(": ")
          .append(std::to_string(one.seen))
          .append(" of ")
          .append(std::to_string(one.events.size()))
          .append(" events seen");
  return "";
}

namespace {

constexpr std::size_t kFrameBytesMax = std::size_t{64} << 20U;
constexpr base::DurationNanos kConnectWithin = 30 * base::kSecond;
constexpr std::chrono::milliseconds kTryAgain(10);

class StreamListener final : public Listener {
 public:
  StreamListener(const WallClock& clock, Expected& expected) : clock_(clock), expected_(expected) {}

  void open(std::uint16_t port) {
    const tcp::endpoint server(asio::ip::make_address("127.0.0.1"), port);
    const base::TsNanos deadline = clock_.now() + kConnectWithin;
    for (;;) {
      beast::error_code error;
      stream_.next_layer().connect(server, error);
      if (!error) break;
      stream_.next_layer().close();
      if (clock_.now() > deadline) throw std::runtime_error("the server does not listen: " + error.message());
      std::this_thread::sleep_for(kTryAgain);
    }
    stream_.next_layer().set_option(tcp::no_delay(true));
    stream_.read_message_max(kFrameBytesMax);
    stream_.handshake("127.0.0.1:" + std::to_string(port), "/api/v1/stream");
    stream_.write(asio::buffer(std::string_view(R"({"type":"subscribe","watch":true})")));
  }

  void take_all(base::TsNanos deadline) override {
    while (!expected_.all_seen()) {
      read();
      io_.restart();
      while (reading_ && clock_.now() < deadline) io_.run_one_until(clock_.at(deadline));
      if (reading_) throw std::runtime_error("the last state was not seen in time: " + expected_.missing());
    }
  }

 private:
  void read() {
    if (std::exchange(reading_, true)) return;
    stream_.async_read(buffer_, [this](beast::error_code error, std::size_t size) {
      const base::TsNanos now = clock_.now();
      reading_ = false;
      if (error) throw std::runtime_error("the connection ended: " + error.message());
      ++expected_.arrivals.frames;
      expected_.arrivals.bytes += size;
      take(now);
      buffer_.consume(buffer_.size());
    });
  }

  // Rows of the program and of the floor: the second are the events' lines themselves.
  void take(base::TsNanos now) {
    const auto bytes = buffer_.data();
    const simdjson::padded_string text(static_cast<const char*>(bytes.data()), bytes.size());
    simdjson::ondemand::document frame = parser_.iterate(text);
    if (frame["type"].get_string().value() != "watch") return;
    for (simdjson::ondemand::object row : frame["rows"].get_array()) {
      std::string_view symbol;
      base::TsNanos ts = 0;
      std::int64_t cents = 0;
      for (auto field : row) {
        const std::string_view key = field.unescaped_key();
        if (key == "symbol") symbol = field.value().get_string();
        if (key == "last_time" || key == "ts")
          ts = base::parse_iso_time(field.value().get_string().value()).value_or(0);
        if (key == "last" || key == "price")
          cents = base::parse_decimal(trimmed(field.value().raw_json_token()), 2).value;
      }
      expected_.take(symbol, ts, cents, now);
    }
  }

  // raw_json_token() takes the blanks behind a number with it.
  static std::string_view trimmed(std::string_view text) {
    return text.substr(0, text.find_last_not_of(" \n") + 1);
  }

  const WallClock& clock_;
  Expected& expected_;
  asio::io_context io_{1};
  beast::websocket::stream<tcp::socket> stream_{io_};
  beast::flat_buffer buffer_;
  simdjson::ondemand::parser parser_;
  bool reading_ = false;
};

}  // namespace

std::unique_ptr<Listener> Listener::connect(std::uint16_t port, const WallClock& clock, Expected& expected) {
  auto listener = std::make_unique<StreamListener>(clock, expected);
  listener->open(port);
  return listener;
}

}  // namespace tickerhouse::latency

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>
#include <thread>

#include "serve/live/live_state.h"
#include "serve/stream/client_message.h"
#include "tests/serve/stream_client.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    directory_.bring("a", {trade("AAPL", "10:00:01", "100", "2"), trade("MSFT", "10:00:02", "50", "1"),
                           trade("AAPL", "10:01:01", "101", "1")});
    directory_.open_live(true);
  }
  void form(const std::string& symbol, const std::string& price, std::string_view window = "10:05") {
    directory_.live->forming(0, std::vector{forming_bar(symbol, window, price)});
  }
  Directory directory_;
};

TEST_F(StreamTest, SaysHelloAndThenWhatIsWanted) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  ASSERT_EQ(socket.handshake.status, 101);
  EXPECT_TRUE(socket.handshake.headers.contains("content-security-policy"));
  const json hello = socket.hear().value();
  EXPECT_EQ(hello["type"], "hello");
  EXPECT_EQ(hello["n"], 1);
  EXPECT_EQ(hello["start_id"], "start-1");
  EXPECT_EQ(hello["intervals"], (json{"1m", "1d"}));
  EXPECT_EQ(hello["day_interval"], "1d");
  EXPECT_EQ(hello["origin"], "simulated");
  EXPECT_EQ(hello["symbols"], 2);
  socket.say(
      R"({"type":"subscribe","watch":true,"bars":[{"symbol":"AAPL","interval":"1m"}],"status":true,"notices":true})");
  const json watch = socket.hear("watch");
  EXPECT_EQ(watch["full"], true);
  ASSERT_EQ(watch["rows"].size(), 2U);
  EXPECT_EQ(watch["rows"][0]["symbol"], "AAPL");
  EXPECT_EQ(watch["rows"][0]["spark"], (json{100, 101}));
  EXPECT_EQ(socket.hear("status")["status"]["start_id"], "start-1");
  EXPECT_EQ(socket.hear("notices")["notices"], json::array());
  const json bars = socket.hear("bars");
  EXPECT_EQ(bars["full"], true);
  EXPECT_EQ(bars["symbol"], "AAPL");
  EXPECT_EQ(bars["bars"].size(), 2U);
  form("AAPL", "103.5");
  const json change = socket.hear("watch");
  EXPECT_EQ(change["full"], false);
  ASSERT_EQ(change["rows"].size(), 1U);
  EXPECT_EQ(change["rows"][0]["last"], 103.5);
  EXPECT_FALSE(change["rows"][0].contains("spark"));
  const json forming = socket.hear("bars");
  EXPECT_EQ(forming["full"], false);
  EXPECT_EQ(forming["bars"][0]["state"], "provisional");
  EXPECT_EQ(socket.hear("status", 5)["status"]["start_id"], "start-1") << "once a second";
  EXPECT_FALSE(socket.numbers_have_holes);
}

TEST_F(StreamTest, ASubscriptionTakesThePlaceOfTheOneBefore) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  socket.say(R"({"type":"subscribe","watch":true})");
  EXPECT_EQ(socket.hear("watch")["full"], true);
  socket.say(
      R"({"type":"subscribe","bars":[{"symbol":"MSFT","interval":"1m"},{"symbol":"NEW","interval":"1d"}]})");
  EXPECT_EQ(socket.hear("bars")["symbol"], "MSFT");
  EXPECT_EQ(socket.hear("bars")["bars"], json::array()) << "a symbol that may come";
  form("AAPL", "1");
  form("MSFT", "2");
  const json next = socket.hear().value();
  EXPECT_EQ(next["type"], "bars");
  EXPECT_EQ(next["symbol"], "MSFT");
  socket.say(R"({"type":"subscribe","watch":true})");
  EXPECT_EQ(socket.hear("watch")["full"], true) << "a new snapshot";
}

TEST_F(StreamTest, AnswersPingsAndSaysWhatItDidNotUnderstand) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  socket.hear("hello");
  socket.say(R"({"type":"ping","id":7})");
  EXPECT_EQ(socket.hear("pong")["id"], 7);
  for (const char* wrong : {"", "{", "[]", "7", R"({"type":"x"})", R"({"type":"ping","id":{}})",
                            R"({"type":"subscribe","watch":1})", R"({"type":"subscribe","bar":[]})",
                            R"({"type":"subscribe","bars":[{"symbol":"AAPL","interval":"2m"}]})",
                            R"({"type":"subscribe","bars":[{"symbol":"A B","interval":"1m"}]})"}) {
    socket.say(wrong);
    EXPECT_EQ(socket.hear("error")["error"]["code"], "bad_message") << wrong;
  }
  socket.send_frame(2, "binary");
  EXPECT_EQ(socket.hear("error")["error"]["message"], "expected text messages");
  socket.say(R"({"type":"ping"})");
  EXPECT_TRUE(socket.hear("pong")["id"].is_null());
  EXPECT_FALSE(socket.numbers_have_holes);
}

TEST_F(StreamTest, NoticesComeOnceEach) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  socket.say(R"({"type":"subscribe","notices":true})");
  EXPECT_EQ(socket.hear("notices")["full"], true);
  directory_.bring("b", {rejected(market::RejectReason::bad_json, "{")});
  directory_.catch_up();
  const json first = socket.hear("notices");
  EXPECT_EQ(first["full"], false);
  EXPECT_EQ(first["notices"].size(), 1U);
  directory_.bring("c", {rejected(market::RejectReason::bad_json, "{")});
  directory_.catch_up();
  EXPECT_EQ(socket.hear("notices")["notices"][0]["id"], first["notices"][0]["id"].get<int>() + 1);
}

TEST_F(StreamTest, AMessageThatIsTooLongEndsTheConnection) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  socket.hear("hello");
  socket.say(std::string(60'000, ' ') + R"({"type":"ping","id":1})");
  EXPECT_EQ(socket.hear("pong")["id"], 1);
  socket.say(std::string(66'000, ' '));
  EXPECT_FALSE(socket.hear());
  EXPECT_EQ(socket.close_code, 1009);
}

TEST_F(StreamTest, ATicketLetsInOnce) {
  ServeOptions options;
  options.token = "secret";
  const Serving serving(directory_, options);
  HttpClient client = serving.client();
  const std::string ticket =
      client.ask("POST", "/api/v1/ticket", "", "Authorization: Bearer secret\r\n").json()["ticket"];
  EXPECT_EQ(StreamSocket(serving.port()).handshake.status, 401);
  EXPECT_EQ(StreamSocket(serving.port(), "/api/v1/stream?ticket=0").handshake.status, 401);
  EXPECT_EQ(StreamSocket(serving.port(), "/api/v1/stream?ticket=" + ticket).handshake.status, 101);
  EXPECT_EQ(StreamSocket(serving.port(), "/api/v1/stream?ticket=" + ticket).handshake.status, 401);
  EXPECT_EQ(client.get("/api/v1/stream", "Authorization: Bearer secret\r\n").status, 426);
}

// Somebody who only talks is not read on: what he is told stays bounded.
TEST_F(StreamTest, ATalkerWhoDoesNotListenIsNotReadOn) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port(), "/api/v1/stream", 4'096);
  socket.hear("hello");
  const std::string id(60, 'x');
  std::string frame;
  timeval patience{1, 0};
  ::setsockopt(socket.http.fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const std::string ping = R"({"type":"ping","id":")" + id + "\"}";
  frame.append("\x81").push_back(static_cast<char>(0x80 | ping.size()));
  frame.append("abcd");
  for (std::size_t i = 0; i < ping.size(); ++i) frame.push_back(static_cast<char>(ping[i] ^ "abcd"[i % 4]));
  bool taken = true;
  std::size_t sent = 0;
  for (; taken && sent < (64U << 20U); sent += frame.size()) taken = socket.http.send(frame);
  EXPECT_FALSE(taken) << "the server went on reading";
  StreamSocket other(serving.port());
  EXPECT_EQ(other.hear("hello")["n"], 1);
}

TEST(ClientMessage, IsReadStrictly) {
  const std::vector<base::DurationNanos> intervals = {base::kMinute, base::kHour};
  const auto parsed = parse_client_message(
      R"({"type":"subscribe","watch":true,"bars":[{"symbol":"A","interval":"1h"}],"notices":false})",
      intervals);
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed->subscribe.watch && !parsed->subscribe.status);
  EXPECT_EQ(parsed->subscribe.bars.at(0).interval, base::kHour);
  std::string many = R"({"type":"subscribe","bars":[)";
  for (std::size_t i = 0; i <= kSubscribedBarsMax; ++i)
    many.append(i == 0 ? "" : ",").append(R"({"symbol":"A","interval":"1m"})");
  EXPECT_FALSE(parse_client_message(many + "]}", intervals).ok());
  EXPECT_FALSE(parse_client_message(std::string(60'000, '['), intervals).ok()) << "deep, and no crash";
  EXPECT_FALSE(parse_client_message("{\"type\":\"ping\",\"id\":\"\xff\"}", intervals).ok()) << "no UTF-8";
}

}  // namespace
}  // namespace tickerhouse::serve

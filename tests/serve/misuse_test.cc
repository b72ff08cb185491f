// Clients that are slow, wrong or hostile, and ends at bad moments. Run under both sanitizers.
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "serve/live/live_state.h"
#include "tests/serve/stream_client.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class MisuseTest : public testing::Test {
 protected:
  MisuseTest() {
    directory_.bring("a", {trade("AAPL", "10:00:01", "100", "2"), trade("MSFT", "10:00:02", "50", "1")});
    directory_.open_live(true);
    impatient_.patience = {base::kSecond, base::kSecond, 2 * base::kSecond};
  }
  // So many symbols that a snapshot of all is larger than what the kernel takes for a connection.
  void fill(int symbols) {
    std::vector<flow::FormingBar> bars;
    for (int i = 0; i < symbols; ++i) bars.push_back(forming_bar("S" + std::to_string(i), "10:05", "1.25"));
    directory_.live->forming(0, bars);
  }
  Directory directory_;
  ServeOptions impatient_;
};

std::uint64_t metric(HttpClient& client, const std::string& name) {
  const std::string body = client.get("/metrics").body;
  const std::size_t place = body.find("\n" + name + " ");
  return place == std::string::npos ? 0 : std::stoull(body.substr(place + name.size() + 2));
}

TEST_F(MisuseTest, SlowHeadersAreCutOff) {
  const Serving serving(directory_, impatient_);
  HttpClient slow = serving.client();
  slow.send("GET / HTTP/1.1\r\n");
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<bool> open = true;
  std::thread dripping([&] {
    for (int i = 0; i < 100 && open; ++i) {
      slow.send("X: y\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  EXPECT_TRUE(slow.closed(10));
  open = false;
  dripping.join();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(6))
      << "each byte would give it more time";
  HttpClient silent = serving.client();
  EXPECT_TRUE(silent.closed(10));
  HttpClient slow_body = serving.client();
  slow_body.send("POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  EXPECT_TRUE(slow_body.closed(10));
  HttpClient idle = serving.client();
  EXPECT_EQ(idle.get("/livez").status, 200);
  EXPECT_TRUE(idle.closed(10));
}

TEST_F(MisuseTest, WhatIsTooLargeIsSaidSo) {
  const Serving serving(directory_);
  HttpClient header = serving.client();
  const Response large = header.get("/livez", "X: " + std::string(9'000, 'x') + "\r\n");
  EXPECT_EQ(large.status, 431);
  EXPECT_EQ(large.headers.at("connection"), "close");
  HttpClient target = serving.client();
  EXPECT_EQ(target.get("/" + std::string(9'000, 'x')).status, 431);
  HttpClient body = serving.client();
  EXPECT_EQ(body.ask("POST", "/api/v1/sql", std::string((1U << 20U) + 1, 'x')).status, 413);
  HttpClient chunked = serving.client();
  chunked.send("POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(65'536, 'x') + "\r\n";
  for (int i = 0; i < 17; ++i) chunked.send(chunk);
  EXPECT_EQ(chunked.read().status, 413);
  HttpClient fits = serving.client();
  EXPECT_EQ(fits.ask("POST", "/api/v1/sql", std::string(1U << 20U, 'x')).status, 400) << "no JSON, but read";
}

TEST_F(MisuseTest, WhatIsNoHttpIsRefused) {
  const Serving serving(directory_);
  for (const char* text : {"\r\n\r\n\r\n", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                           "GET  / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
                           "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "GET / HTTP/1.1\r\nHost\r\n\r\n"}) {
    HttpClient client = serving.client();
    client.send(text);
    client.half_close();
    EXPECT_EQ(client.read().status, 400) << text;
  }
  HttpClient no_host = serving.client();
  no_host.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(no_host.read().status, 400);
}

TEST_F(MisuseTest, AnotherHostOrOriginGetsNothing) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::string own = client.host;
  client.host = "evil.example";
  for (const char* target : {"/", "/livez", "/metrics", "/api/v1/status", "/api/v1/stream"})
    EXPECT_EQ(client.get(target).status, 403) << target;
  client.host = own;
  EXPECT_EQ(client.get("/api/v1/symbols", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(client.get("/api/v1/symbols", "Origin: http://" + own + "\r\n").status, 200);
  HttpClient socket = serving.client();
  EXPECT_EQ(socket
                .get("/api/v1/stream",
                     "Origin: https://evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                .status,
            403);
}

TEST_F(MisuseTest, RequestsSentAheadAreAnsweredInOrder) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += i % 2 == 0 ? "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      : "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(all);
  client.half_close();
  for (int i = 0; i < 50; ++i) {
    const Response response = client.read();
    ASSERT_EQ(response.status, 200) << i;
    EXPECT_EQ(response.body.starts_with("ok"), i % 2 == 0) << i;
  }
  EXPECT_TRUE(client.closed(5));
}

TEST_F(MisuseTest, AClientThatExpectsAContinueGetsIt) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  client.send(
      "POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  client.send("{}");
  EXPECT_EQ(client.read().status, 400);
}

TEST_F(MisuseTest, ClientsThatGoAwayLeaveNothing) {
  const Serving serving(directory_);
  directory_.store.sql_takes = 200 * base::kMillisecond;
  for (int i = 0; i < 20; ++i) {
    HttpClient client = serving.client();
    client.send(
        "POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"query\":\"SELECT 1\"}");
    if (i % 2 == 0) client.reset();
    StreamSocket socket(serving.port());
    socket.say(R"({"type":"subscribe","watch":true})");
    if (i % 3 == 0) socket.http.reset();
  }
  HttpClient client = serving.client();
  std::uint64_t left = 99;
  for (int i = 0; i < 100 && left > 1; ++i) {
    left = metric(client, "tickerhouse_http_connections");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(left, 1U);
}

TEST_F(MisuseTest, MoreThan256ConnectionsAreRefusedUntilOneIsFree) {
  const Serving serving(directory_);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 256; ++i) {
    clients.push_back(serving.client());
    ASSERT_EQ(clients.back().get("/livez").status, 200) << i;
  }
  HttpClient one_more = serving.client();
  EXPECT_EQ(one_more.read().status, 503);
  EXPECT_TRUE(one_more.closed(5));
  EXPECT_EQ(clients.front().get("/livez").status, 200);
  clients.pop_back();
  int status = 0;
  for (int i = 0; i < 100 && status != 200; ++i) {
    HttpClient again = serving.client();
    status = again.get("/livez").status;
  }
  EXPECT_EQ(status, 200);
}

TEST_F(MisuseTest, AReaderThatTakesNothingIsDropped) {
  fill(3'000);
  const Serving serving(directory_, impatient_);
  StreamSocket stalled(serving.port(), "/api/v1/stream", 4'096);
  stalled.say(R"({"type":"subscribe","watch":true})");
  HttpClient client = serving.client();
  std::uint64_t clients = 1;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (clients > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    clients = metric(client, "tickerhouse_stream_clients");
  }
  EXPECT_EQ(clients, 0U);
}

// 200 clients, 20 of which stop reading: the others lose no time, and the memory stays where it is.
TEST_F(MisuseTest, StalledClientsHarmNobody) {
  fill(120);
  ServeOptions patient;
  patient.patience.write = 300 * base::kSecond;  // stalled ones are to stay
  const Serving serving(directory_, patient);
  std::vector<std::unique_ptr<StreamSocket>> readers;
  std::vector<std::unique_ptr<StreamSocket>> stalled;
  for (int i = 0; i < 200; ++i) {
    auto& list = i % 10 == 0 ? stalled : readers;
    list.push_back(std::make_unique<StreamSocket>(serving.port(), "/api/v1/stream", i % 10 == 0 ? 4'096 : 0));
    list.back()->say(R"({"type":"subscribe","watch":true,"notices":true})");
  }
  for (auto& reader : readers) ASSERT_EQ(reader->hear("watch")["rows"].size(), 122U);
  HttpClient client = serving.client();
  const std::uint64_t before = metric(client, "process_resident_memory_bytes");
  std::vector<flow::FormingBar> all;
  std::uint64_t conflated = 0;
  for (int round = 1; round <= 100 && conflated < 60; ++round) {
    all.clear();
    for (int i = 0; i < 120; ++i)
      all.push_back(forming_bar("S" + std::to_string(i), "10:06", std::to_string(round) + ".5"));
    directory_.live->forming(0, all);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    conflated = metric(client, "tickerhouse_stream_conflated_total");
  }
  EXPECT_GE(conflated, 60U) << "nobody stalled";
  directory_.live->forming(0, std::vector{forming_bar("S7", "10:06", "999.5")});
  for (auto& reader : readers) {
    bool last = false;
    for (int i = 0; i < 200 && !last; ++i) {
      const json watch = reader->hear("watch");
      ASSERT_FALSE(watch.is_null());
      for (const json& row : watch["rows"]) last = last || row["last"] == 999.5;
    }
    EXPECT_TRUE(last);
    EXPECT_FALSE(reader->numbers_have_holes);
  }
  const std::uint64_t after = metric(client, "process_resident_memory_bytes");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)  // which keep what was freed
  constexpr std::uint64_t kGrowthMax = 512U << 20U;
#else
  constexpr std::uint64_t kGrowthMax = 64U << 20U;
#endif
  EXPECT_LT(after, before + kGrowthMax);
  // Who reads again finds the newest state after what was under way, not all that he has missed.
  json newest;
  std::size_t messages = 0;
  for (; messages < 30; ++messages) {
    newest = stalled.front()->hear("watch");
    ASSERT_FALSE(newest.is_null());
    const auto seven = std::find_if(newest["rows"].begin(), newest["rows"].end(),
                                    [](const json& row) { return row["symbol"] == "S7"; });
    if (seven != newest["rows"].end() && (*seven)["last"] == 999.5) break;
  }
  EXPECT_LT(messages, 20U);
  EXPECT_FALSE(stalled.front()->numbers_have_holes);
}

TEST_F(MisuseTest, TheEndTellsTheClientsAndTakesTwoSeconds) {
  fill(3'000);
  auto serving = std::make_unique<Serving>(directory_);
  StreamSocket listening(serving->port());
  listening.hear("hello");
  StreamSocket stalled(serving->port(), "/api/v1/stream", 4'096);
  stalled.say(R"({"type":"subscribe","watch":true})");
  HttpClient idle = serving->client();
  EXPECT_EQ(idle.get("/livez").status, 200);
  HttpClient half = serving->client();
  half.send("GET / HT");
  HttpClient streaming(serving->port(), 4'096);
  streaming.send("GET /api/v1/latest HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  const auto begin = std::chrono::steady_clock::now();
  serving.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_FALSE(listening.hear(5));
  EXPECT_EQ(listening.close_code, 1001);
  EXPECT_TRUE(idle.closed(5));
  EXPECT_TRUE(half.closed(5));
}

// Clients come, ask, talk and go while servers begin and end.
TEST_F(MisuseTest, ServersEndUnderLoad) {
  for (int round = 0; round < 5; ++round) {
    auto serving = std::make_unique<Serving>(directory_);
    const std::uint16_t port = serving->port();
    std::atomic<bool> go_on = true;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        StreamSocket socket(port);
        if (socket.handshake.status != 101) return;
        for (int k = 0; go_on && k < 1'000; ++k) {
          socket.say(k % 2 == 0 ? R"({"type":"subscribe","watch":true,"status":true})"
                                : R"({"type":"ping","id":1})");
          directory_.live->forming(static_cast<std::uint16_t>(i % 2),
                                   std::vector{forming_bar("AAPL", "10:06", "7")});
          if (!socket.hear(1)) break;
        }
      });
    for (int i = 0; i < 2; ++i)
      threads.emplace_back([&] {
        HttpClient client(port);
        for (int k = 0; go_on && k < 1'000; ++k)
          if (client.get(k % 2 == 0 ? "/api/v1/status" : "/api/v1/bars?symbol=AAPL&interval=1m&format=csv")
                  .status == 0)
            break;
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    serving.reset();
    go_on = false;
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace tickerhouse::serve

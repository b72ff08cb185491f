// The look at the brokers over HTTP, with a cluster that the test makes up.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "serve/cluster_board.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using From = flow::MessageQuery::From;

const base::Error kSilent{base::ErrorCode::io, "no broker answers at kafka1:9092", "Kafka"};

flow::ClusterState small_cluster() {
  flow::ClusterState state;
  state.id = "A1b2";
  state.pipeline = "demo";
  state.brokers = {{1, "kafka1:9092", true}, {2, "kafka2:9092", false}};
  state.topics = {{"demo.events", {{0, 1, {1, 2}, {1}, 0, 9}, {1, -1, {2}, {}, std::nullopt, std::nullopt}}}};
  flow::ReaderGroup group{"w\"g", "Stable", "classic", "kafka1:9092 (id 1)", {}, {}};
  group.members = {{"one-1", "", "one", "127.0.0.1", {{"demo.events", 1}}}};
  group.offsets = {{{"demo.events", 0}, 7, 2}, {{"demo.events", 1}, std::nullopt, std::nullopt}};
  state.groups = {group};
  return state;
}

// Answers what it is told to; counts, and can be held up.
class FakeView final : public flow::ClusterView {
 public:
  base::Result<flow::ClusterState> state() override {
    ++asked;
    wait();
    return answer;
  }
  base::Result<flow::MessagePage> messages(const flow::MessageQuery& query) override {
    const std::lock_guard lock(mutex);
    queries.push_back(query);
    return page;
  }
  void hold(bool on) {
    {
      const std::lock_guard lock(mutex);
      held_ = on;
    }
    changed_.notify_all();
  }

  std::mutex mutex;
  std::atomic<int> asked = 0;
  base::Result<flow::ClusterState> answer = small_cluster();
  base::Result<flow::MessagePage> page = flow::MessagePage{};
  std::vector<flow::MessageQuery> queries;

 private:
  void wait() {
    std::unique_lock lock(mutex);
    changed_.wait(lock, [this] { return !held_; });
  }
  std::condition_variable changed_;
  bool held_ = false;
};

class ClusterTest : public testing::Test {
 protected:
  ClusterTest() {
    directory_.bring("a", mixed_stream(11, 300));
    directory_.open_live(true);
  }
  std::string code(HttpClient& client, const std::string& target, int status) {
    const Response response = client.get("/api/v1/cluster" + target);
    EXPECT_EQ(response.status, status) << response.body;
    return response.status == 200 ? "" : response.json()["error"]["code"].get<std::string>();
  }

  Directory directory_;
  FakeView view_;
};

TEST_F(ClusterTest, ATapeThatIsNotOnKafkaHasNone) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  EXPECT_EQ(code(client, "", 404), "no_cluster");
  EXPECT_EQ(code(client, "/demo.events/0", 404), "no_cluster");
}

TEST_F(ClusterTest, TheStateAsJson) {
  const Serving serving(directory_, {}, &view_);
  HttpClient client = serving.client();
  const json seen = client.get("/api/v1/cluster").json();
  EXPECT_EQ(seen["brokers"][1], (json{{"id", 2}, {"address", "kafka2:9092"}, {"controller", false}}));
  EXPECT_EQ(seen["topics"][0]["partitions"][0], (json{{"partition", 0},
                                                      {"leader", 1},
                                                      {"replicas", {1, 2}},
                                                      {"in_sync", {1}},
                                                      {"first", 0},
                                                      {"next", 9}}));
  const json silent = seen["topics"][0]["partitions"][1];
  EXPECT_TRUE(silent["leader"].is_null() && silent["first"].is_null() && silent["next"].is_null());
  const json group = seen["groups"][0];
  EXPECT_EQ(group["group"], "w\"g");
  EXPECT_EQ(group["offsets"][0]["lag"], 2);
  EXPECT_EQ(group["offsets"][0]["member"], "");
  EXPECT_EQ(group["offsets"][1]["member"], "one-1");
  EXPECT_TRUE(group["offsets"][1]["committed"].is_null());
  EXPECT_TRUE(seen["groups_error"].is_null());
}

TEST_F(ClusterTest, TenPagesAskTheBrokersOnce) {
  FakeClock clock;
  ClusterBoard board(view_, clock);
  view_.hold(true);
  std::vector<std::thread> pages;
  std::atomic<int> fine = 0;
  for (int i = 0; i < 10; ++i) pages.emplace_back([&] { fine += board.state().ok() ? 1 : 0; });
  view_.hold(false);
  for (std::thread& page : pages) page.join();
  EXPECT_EQ(fine, 10);
  EXPECT_EQ(view_.asked, 1);
  clock.pass(kClusterFresh - 1);
  EXPECT_TRUE(board.state().ok());
  EXPECT_EQ(view_.asked, 1);
  clock.pass(1);
  EXPECT_TRUE(board.state().ok());
  EXPECT_EQ(view_.asked, 2);
}

TEST_F(ClusterTest, SilentBrokersAreNotAskedAgainAtOnce) {
  FakeClock clock;
  ClusterBoard board(view_, clock);
  view_.answer = kSilent;
  EXPECT_FALSE(board.state().ok());
  EXPECT_FALSE(board.state().ok());
  EXPECT_FALSE(board.messages({}).ok());
  EXPECT_EQ(view_.asked, 1);
  EXPECT_TRUE(view_.queries.empty());
  clock.pass(kClusterFresh);
  EXPECT_TRUE(board.messages({}).ok());
  view_.answer = small_cluster();
  EXPECT_TRUE(board.state().ok());
}

TEST_F(ClusterTest, FailuresAreSaidInWords) {
  const Serving serving(directory_, {}, &view_);
  HttpClient client = serving.client();
  view_.page = kSilent;
  EXPECT_EQ(code(client, "/demo.events/0", 503), "no_broker");
  view_.page = base::Error{base::ErrorCode::not_found, "is no topic of the pipeline demo", "other"};
  EXPECT_EQ(code(client, "/other/0", 404), "unknown_place");
  view_.page = base::Error{base::ErrorCode::configuration, "the login was refused", "sasl.username"};
  EXPECT_EQ(code(client, "/demo.events/0", 503), "refused_by_brokers");
  view_.answer = kSilent;
  const Response silent = client.get("/api/v1/cluster");
  EXPECT_EQ(silent.status, 503);
  EXPECT_EQ(silent.json()["error"]["code"], "no_broker");
  EXPECT_NE(silent.body.find("no broker answers at kafka1:9092"), std::string::npos);
}

TEST_F(ClusterTest, WhereAPageBegins) {
  const Serving serving(directory_, {}, &view_);
  HttpClient client = serving.client();
  EXPECT_EQ(code(client, "/demo.events/3", 200), "");
  EXPECT_EQ(code(client, "/demo.events/3?offset=12&limit=7", 200), "");
  EXPECT_EQ(code(client, "/demo.events/3?before=12&whole=false", 200), "");
  EXPECT_EQ(code(client, "/demo.events/3?time=1970-01-01T00:00:01Z", 200), "");
  EXPECT_EQ(code(client, "/demo.events/3?offset=12&limit=7&whole=true", 200), "");
  ASSERT_EQ(view_.queries.size(), 5U);
  const auto is = [&](std::size_t i, From from, std::int64_t at, std::size_t limit, bool cut) {
    const flow::MessageQuery& query = view_.queries[i];
    EXPECT_EQ(query.place, (flow::ClusterPlace{"demo.events", 3})) << i;
    EXPECT_EQ(query.from, from) << i;
    EXPECT_EQ(query.at, at) << i;
    EXPECT_EQ(query.limit, limit) << i;
    EXPECT_EQ(query.bytes_max > 0, cut) << i;
  };
  is(0, From::newest, 0, 20, true);
  is(1, From::offset, 12, 7, true);
  is(2, From::before, 12, 20, true);
  is(3, From::time, base::kSecond, 20, true);
  is(4, From::offset, 12, 1, false);
  for (const char* wrong :
       {"/demo.events/0?offset=x", "/demo.events/0?offset=-1", "/demo.events/0?offset=9223372036854775808",
        "/demo.events/0?offset=1&before=2", "/demo.events/0?time=lately", "/demo.events/0?limit=0",
        "/demo.events/0?limit=201", "/demo.events/0?whole=yes"})
    EXPECT_EQ(code(client, wrong, 400), "invalid_argument") << wrong;
  EXPECT_EQ(code(client, "/demo.events/0?from=1", 400), "unknown_parameter");
  for (const char* none : {"/demo.events/x", "/demo.events/-1", "/demo.events/2147483648"})
    EXPECT_EQ(code(client, none, 404), "unknown_place") << none;
  EXPECT_EQ(client.ask("POST", "/api/v1/cluster", "{}").status, 405);
  EXPECT_EQ(view_.queries.size(), 5U);
}

// Whatever the bytes are, the answer is JSON, and text that shows them.
TEST_F(ClusterTest, MessagesAreForeignBytes) {
  flow::MessagePage page;
  page.first = 3;
  page.end = 90;
  page.older = 5;
  flow::ClusterMessage odd;
  odd.offset = 5;
  odd.time = base::kSecond;
  odd.key = "k\"\n";
  odd.value = std::string("</script><img src=x onerror=alert(1)>\0\xFF\x1B€", 43);
  odd.value_bytes = 5'000;
  odd.cut = true;
  odd.headers = {{"n\x01", std::nullopt}, {"kind", "trade"}};
  flow::ClusterMessage none;
  none.offset = 6;
  page.messages = {odd, none};
  view_.page = page;
  const Serving serving(directory_, {}, &view_);
  HttpClient client = serving.client();
  const Response response = client.get("/api/v1/cluster/demo.events/0");
  EXPECT_EQ(response.headers.at("content-type"), "application/json");
  EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
  const json seen = response.json();
  EXPECT_EQ(seen["messages"][0],
            (json{{"offset", 5},
                  {"time", "1970-01-01T00:00:01Z"},
                  {"key", R"(k"\x0A)"},
                  {"value", "</script><img src=x onerror=alert(1)>\\x00\\xFF\\x1B€"},
                  {"value_bytes", 5'000},
                  {"cut", true},
                  {"headers",
                   {{{"name", "n\\x01"}, {"value", nullptr}}, {{"name", "kind"}, {"value", "trade"}}}}}));
  EXPECT_TRUE(seen["messages"][1]["value"].is_null() && seen["messages"][1]["key"].is_null() &&
              seen["messages"][1]["time"].is_null());
  EXPECT_EQ(seen["older"], 5);
  EXPECT_TRUE(seen["newer"].is_null());
}

// A tape whose offsets have holes is walked back another way; the rows are the same.
TEST_F(ClusterTest, RowsComeNewestFirstFromATapeWithHoles) {
  const auto rows = [this](flow::ClusterView* view) {
    const Serving serving(directory_, {}, view);
    HttpClient client = serving.client();
    std::vector<std::string> all;
    std::string cursor;
    do {
      const json page = client.get("/api/v1/events?limit=37&cursor=" + cursor).json();
      for (const json& row : page["events"]) all.push_back(row.dump());
      cursor = page["next"].is_null() ? "" : page["next"].get<std::string>();
    } while (!cursor.empty());
    all.push_back(client.get("/api/v1/topics").json()["topics"].dump());
    return all;
  };
  const std::vector<std::string> expected = rows(nullptr);
  EXPECT_GT(expected.size(), 100U);
  EXPECT_EQ(rows(&view_), expected);
}

TEST_F(ClusterTest, ATokenIsNeededWhereThereIsOne) {
  ServeOptions options;
  options.token = "correct horse";
  const Serving serving(directory_, options, &view_);
  HttpClient client = serving.client();
  EXPECT_EQ(code(client, "", 401), "unauthorised");
  EXPECT_EQ(code(client, "/demo.events/0", 401), "unauthorised");
  EXPECT_EQ(view_.asked, 0);
}

// As many questions as there are, to brokers that say nothing: everybody else is answered.
TEST_F(ClusterTest, SilentBrokersHoldNobodyElseUp) {
  const Serving serving(directory_, {}, &view_);
  view_.hold(true);
  std::vector<HttpClient> waiting;
  for (int i = 0; i < 40; ++i) {
    waiting.push_back(serving.client());
    waiting.back().send("GET /api/v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  while (view_.asked == 0) std::this_thread::yield();
  HttpClient client = serving.client();
  for (const char* other :
       {"/api/v1/status", "/api/v1/topics", "/api/v1/rejects", "/api/v1/symbols", "/metrics"})
    EXPECT_EQ(client.get(other).status, 200) << other;
  view_.hold(false);
  int answered = 0;
  for (HttpClient& each : waiting) {
    const int status = each.read().status;
    EXPECT_TRUE(status == 200 || status == 429) << status;
    answered += status == 200 ? 1 : 0;
  }
  EXPECT_GE(answered, 2);
  EXPECT_EQ(view_.asked, 1);
}

}  // namespace
}  // namespace tickerhouse::serve

// Bars, topics and SQL over HTTP, each beside the tape that it was made from.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <thread>

#include "formats/output.h"
#include "serve/live/live_state.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class RoutesTest : public testing::Test {
 protected:
  RoutesTest() {
    std::vector<Entry> entries = mixed_stream(11, 3'000);
    for (int i = 0; i < 40; ++i)
      entries.push_back(rejected(market::RejectReason::bad_json, "{" + std::to_string(i)));
    entries.push_back(rejected(market::RejectReason::bad_price, "x"));
    directory_.bring("a", std::move(entries));
    directory_.open_live(true);
    symbol_ = directory_.live->state().symbols().front().name;
  }

  std::string expected_bars(bool csv) {
    std::string text(csv ? formats::bar_csv_header() : "");
    flow::BarQuery query;
    query.symbol = symbol_;
    query.interval = base::kMinute;
    ok(directory_.store.scan_bars(query, [&](std::string_view symbol, const market::BarRow& row) {
      csv ? formats::append_bar_csv(text, symbol, row) : formats::append_bar_json(text, symbol, row);
    }));
    return text;
  }

  // All pages, their rows as text.
  std::vector<std::string> pages(HttpClient& client, const std::string& target, const std::string& key) {
    std::vector<std::string> rows;
    std::string cursor;
    for (int page = 0; page < 10'000; ++page) {
      const Response response = client.get(target + (cursor.empty() ? "" : "&cursor=" + cursor));
      EXPECT_EQ(response.status, 200) << response.body;
      if (response.status != 200) break;
      const json body = response.json();
      for (const json& row : body[key]) rows.push_back(row.dump());
      if (body["next"].is_null()) break;
      cursor = body["next"];
    }
    return rows;
  }

  Directory directory_;
  std::string symbol_;
};

TEST_F(RoutesTest, BarsComeInPagesBothWays) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::string target = "/api/v1/bars?symbol=" + symbol_ + "&interval=1m&limit=7";
  std::vector<std::string> expected;
  std::istringstream lines(expected_bars(false));
  for (std::string line; std::getline(lines, line);) expected.push_back(json::parse(line).dump());
  ASSERT_GT(expected.size(), 14U);
  EXPECT_EQ(pages(client, target, "bars"), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(pages(client, target + "&order=desc", "bars"), expected);
}

TEST_F(RoutesTest, BarsWithoutAStoreComeFromTheTape) {
  directory_.host.reset();
  directory_.open_live(false);
  directory_.catch_up();
  const ServeParts parts{*directory_.tape,
                         2,
                         nullptr,
                         *directory_.live,
                         base::system_clock(),
                         [] { return base::Result<flow::PipelineStatus>(flow::PipelineStatus{}); },
                         {},
                         {}};
  ServeOptions options;
  options.port = 0;
  const auto server = ok(Server::open(options, parts));
  HttpClient client(
      static_cast<std::uint16_t>(std::stoi(server->url().substr(server->url().rfind(':') + 1))));
  EXPECT_EQ(client.get("/api/v1/bars?symbol=" + symbol_ + "&interval=1m&format=csv").body,
            expected_bars(true));
  EXPECT_EQ(client.ask("POST", "/api/v1/sql", R"({"query":"SELECT 1"})").status, 503);
  EXPECT_EQ(client.get("/api/v1/demo").status, 404);
}

TEST_F(RoutesTest, BarsAreStreamedAsExportWritesThem) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::string target = "/api/v1/bars?symbol=" + symbol_ + "&interval=1m&format=";
  const Response csv = client.get(target + "csv");
  EXPECT_EQ(csv.body, expected_bars(true));
  EXPECT_EQ(csv.headers.at("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(csv.headers.at("transfer-encoding"), "chunked");
  EXPECT_EQ(client.get(target + "jsonl").body, expected_bars(false));
  EXPECT_EQ(client.get(target + "csv&limit=3").status, 400);
  client.send("GET " + target + "csv HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().body, expected_bars(true))
      << "HTTP/1.0 has no chunks: the end is the end of the connection";
}

TEST_F(RoutesTest, ARangeIsHalfOpen) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::string target = "/api/v1/bars?symbol=" + symbol_ + "&interval=1m";
  const json all = client.get(target).json()["bars"];
  const json part = client
                        .get(target + "&from=" + all[1]["window_start"].get<std::string>() +
                             "&to=" + all[3]["window_start"].get<std::string>())
                        .json()["bars"];
  EXPECT_EQ(part, (json{all[1], all[2]}));
  EXPECT_TRUE(client.get(target + "&from=2030-01-01").json()["bars"].empty());
  for (const char* wrong : {"&from=yesterday", "&order=up", "&format=xml", "&cursor=7", "&limit=-1"})
    EXPECT_EQ(client.get(target + wrong).status, 400) << wrong;
  EXPECT_EQ(client.get("/api/v1/bars?symbol=" + symbol_).status, 400);
  EXPECT_EQ(client.get("/api/v1/bars?symbol=" + symbol_ + "&interval=2m").status, 400);
  EXPECT_EQ(client.get("/api/v1/bars?symbol=NONE&interval=1m").status, 404);
}

// Every row of the topic once, each partition's in falling order.
TEST_F(RoutesTest, EventsComeNewestFirst) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::vector<std::string> rows = pages(client, "/api/v1/events?limit=101", "events");
  std::map<int, std::vector<std::uint64_t>> offsets;
  std::set<std::string> symbols;
  for (const std::string& text : rows) {
    const json row = json::parse(text);
    offsets[row["partition"]].push_back(row["offset"]);
    symbols.insert(row["value"]["symbol"]);
    EXPECT_NE(row["value"]["kind"], "watermark");
  }
  std::size_t market_rows = 0;
  for (std::uint16_t p = 0; p < 2; ++p) {
    EXPECT_TRUE(std::is_sorted(offsets[p].rbegin(), offsets[p].rend()));
    EXPECT_EQ(std::set<std::uint64_t>(offsets[p].begin(), offsets[p].end()).size(), offsets[p].size());
    const json all =
        client.get("/api/v1/topics/events/" + std::to_string(p) + "?limit=10000").json()["messages"];
    market_rows += static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [](const json& m) { return m["value"].contains("symbol"); }));
  }
  EXPECT_EQ(rows.size(), market_rows);
  std::size_t of_symbols = 0;
  for (const std::string& symbol : symbols)
    of_symbols += pages(client, "/api/v1/events?symbol=" + symbol, "events").size();
  EXPECT_EQ(of_symbols, market_rows);
  for (const char* wrong : {"7", "0.0.0", "99999999.0", "a.b", "0.0.", "-1.0"})
    EXPECT_EQ(client.get(std::string("/api/v1/events?cursor=") + wrong).status, 400) << wrong;
  EXPECT_EQ(client.get("/api/v1/events?symbol=NONE").status, 404);
}

// Retention takes the beginning away, before a walk and during one: pages end where the tape begins.
TEST_F(RoutesTest, EventsThatWereCutEndThePages) {
  for (int i = 0; i < 6; ++i)
    directory_.bring("more" + std::to_string(i), mixed_stream(20 + static_cast<std::uint64_t>(i), 400));
  const auto cut_two_thirds = [this](const std::string& before, const std::string& after) {
    std::vector<flow::Cut> cuts;
    for (std::uint16_t p = 0; p < 2; ++p) {
      const std::uint64_t begin = ok(directory_.tape->begin(flow::Topic::events, p)).value;
      const std::uint64_t end = ok(directory_.tape->end(flow::Topic::events, p)).value;
      cuts.push_back({flow::Topic::events, p, flow::Offset{begin + (end - begin) * 2 / 3}});
    }
    EXPECT_EQ(ok(directory_.tape->commit({"retention", before, after, {}, flow::Claim::results, cuts})),
              flow::CommitOutcome::applied);
  };
  const auto market_rows = [this] {
    std::size_t rows = 0;
    for (std::uint16_t p = 0; p < 2; ++p) {
      const auto begin = ok(directory_.tape->begin(flow::Topic::events, p));
      const auto reader = ok(directory_.tape->read(flow::Topic::events, p, begin));
      flow::TapeBatch batch;
      while (ok(reader->next(batch)))
        for (const market::EventRow& row : market::EventBatchView(batch.bytes).rows())
          rows += market::carries_market_data(row.kind) ? 1 : 0;
    }
    return rows;
  };
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::size_t all = market_rows();
  cut_two_thirds("", "1");
  EXPECT_LT(market_rows(), all);
  EXPECT_EQ(pages(client, "/api/v1/events?limit=101", "events").size(), market_rows());
  const json first = client.get("/api/v1/events?limit=101").json();
  cut_two_thirds("1", "2");
  const std::string rest = "/api/v1/events?limit=101&cursor=" + first["next"].get<std::string>();
  std::size_t seen = 101;
  for (json page = client.get(rest).json();;
       page = client.get("/api/v1/events?limit=101&cursor=" + page["next"].get<std::string>()).json()) {
    ASSERT_TRUE(page.contains("events")) << page.dump();
    seen += page["events"].size();
    if (page["next"].is_null()) break;
  }
  EXPECT_EQ(seen, market_rows());
  // Nothing is left below an old cursor, and a place before the beginning is answered from there.
  EXPECT_TRUE(client.get("/api/v1/events?cursor=1.1").json()["events"].empty());
  EXPECT_TRUE(client.get("/api/v1/events?cursor=1.1").json()["next"].is_null());
  const json kept = client.get("/api/v1/topics/events/0?offset=0&limit=1").json();
  EXPECT_EQ(kept["messages"][0]["offset"], ok(directory_.tape->begin(flow::Topic::events, 0)).value);
}

TEST_F(RoutesTest, RejectsByReason) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  EXPECT_EQ(pages(client, "/api/v1/rejects?limit=10", "rejects").size(),
            words_of(*directory_.tape, flow::Topic::rejects).size());
  const json one = client.get("/api/v1/rejects?reason=bad_price").json();
  ASSERT_EQ(one["rejects"].size(), 1U);
  EXPECT_EQ(one["rejects"][0]["value"]["raw_base64"], "eA==");
  EXPECT_TRUE(one["next"].is_null());
  EXPECT_EQ(client.get("/api/v1/rejects?reason=bad").status, 400);
  EXPECT_EQ(client.get("/api/v1/late?limit=10000").json()["late"].size(),
            words_of(*directory_.tape, flow::Topic::late, 0).size() +
                words_of(*directory_.tape, flow::Topic::late, 1).size());
}

TEST_F(RoutesTest, ATopicIsPagedThrough) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const std::vector<std::string> rows = pages(client, "/api/v1/topics/bars/1?limit=13", "messages");
  ASSERT_EQ(rows.size(), ok(directory_.tape->end(flow::Topic::bars, 1)).value);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(json::parse(rows[i])["offset"], i);
  const json topics = client.get("/api/v1/topics").json()["topics"];
  EXPECT_EQ(topics[0]["topic"], "events");
  EXPECT_EQ(topics[0]["partitions"][1]["next"], ok(directory_.tape->end(flow::Topic::events, 1)).value);
  EXPECT_EQ(topics[0]["partitions"][1]["readers"][0],
            (json{{"name", "shard"}, {"position", topics[0]["partitions"][1]["next"]}, {"lag", 0}}));
  EXPECT_EQ(client.get("/api/v1/topics/bars/1?offset=99999999").json()["messages"], json::array());
  for (const char* none : {"/api/v1/topics/nothing/0", "/api/v1/topics/bars/2", "/api/v1/topics/bars/x",
                           "/api/v1/topics/rejects/1", "/api/v1/topics/bars/-1", "/api/v1/topics/bars/65536"})
    EXPECT_EQ(client.get(none).status, 404) << none;
}

TEST_F(RoutesTest, SqlIsTheStores) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  directory_.store.sql_answer =
      flow::SqlTable{{{"price", "DECIMAL(18,9)", true}, {"x", "DOUBLE", true}, {"s", "VARCHAR", false}},
                     {"157.050000000", "nan", "a\"b", std::nullopt, "1e5", "1"},
                     true};
  const Response response = client.ask("POST", "/api/v1/sql", R"({"query":"SELECT 1"})");
  EXPECT_NE(response.body.find(R"("rows":[[157.050000000,"nan","a\"b"],[null,1e5,"1"]],"truncated":true)"),
            std::string::npos)
      << response.body;
  directory_.store.sql_answer = base::Error{base::ErrorCode::invalid_argument, "no such table", "sql"};
  EXPECT_EQ(client.ask("POST", "/api/v1/sql", R"({"query":"SELECT"})").status, 422);
  directory_.store.sql_answer = base::Error{base::ErrorCode::over_limit, "too long", "sql"};
  EXPECT_EQ(client.ask("POST", "/api/v1/sql", R"({"query":"SELECT"})").json()["error"]["code"], "over_limit");
  for (const char* wrong : {"", "SELECT 1", "{}", R"({"query":1})", R"({"query":"x","y":1})", "[]"})
    EXPECT_EQ(client.ask("POST", "/api/v1/sql", wrong).status, 400) << wrong;
}

TEST_F(RoutesTest, QueriesThatRunLeaveAWorkerForTheOthers) {
  const Serving serving(directory_);
  directory_.store.sql_takes = base::kSecond;
  std::vector<HttpClient> busy;
  std::vector<int> statuses;
  for (int i = 0; i < 6; ++i) {
    busy.push_back(serving.client());
    busy.back().send(
        "POST /api/v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"query\":\"SELECT 1\"}");
  }
  HttpClient client = serving.client();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(client.get("/api/v1/topics").status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900));
  for (HttpClient& each : busy) statuses.push_back(each.read().status);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 200), 2);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), 429), 4);
}

}  // namespace
}  // namespace tickerhouse::serve

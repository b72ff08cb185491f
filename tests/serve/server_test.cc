#include "serve/server.h"

#include <gtest/gtest.h>

#include <sys/types.h>
#include <unistd.h>

#include "serve/core.h"
#include "serve/pages.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    directory_.bring("a", {trade("AAPL", "10:00:01", "100.125", "2"), trade("MSFT", "10:00:02", "50", "1"),
                           trade("AAPL", "10:01:01", "101", "1")});
    directory_.open_live(true);
  }
  Directory directory_;
};

TEST_F(ServerTest, AnswersOnOneConnection) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const Response status = client.get("/api/v1/status");
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.headers.at("content-type"), "application/json");
  EXPECT_EQ(status.json()["start_id"], "start-1");
  EXPECT_EQ(status.json()["total"]["used"], 3);
  EXPECT_EQ(client.get("/api/v1/ledger").json()["adds_up"], true);
  EXPECT_EQ(
      client.get("/api/v1/symbols").json(),
      (json{{"symbols", {{{"symbol", "AAPL"}, {"decimals", 3}}, {{"symbol", "MSFT"}, {"decimals", 2}}}}}));
  EXPECT_EQ(client.get("/api/v1/latest").json()["rows"].size(), 2U);
  const json rows = client.get("/api/v1/latest?symbol=MSFT&symbol=AAPL").json()["rows"];
  EXPECT_EQ(rows[0]["symbol"], "MSFT");
  EXPECT_EQ(rows[1]["last"], 101);
  EXPECT_EQ(client.get("/livez").body, "ok\n");
}

TEST_F(ServerTest, EveryAnswerIsStrictAboutBrowsers) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  for (const char* target : {"/", "/api/v1/status", "/nothing", "/api/v1/latest?x=1"}) {
    const Response response = client.get(target);
    EXPECT_TRUE(
        response.headers.at("content-security-policy").starts_with("default-src 'none'; script-src 'self'"))
        << target;
    EXPECT_EQ(response.headers.at("x-content-type-options"), "nosniff");
    EXPECT_EQ(response.headers.at("cross-origin-resource-policy"), "same-origin");
    EXPECT_FALSE(response.headers.contains("strict-transport-security")) << "there is no TLS";
  }
}

TEST_F(ServerTest, SaysWhatIsWrong) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const Response unknown = client.get("/api/v1/latest?symbol=AAPX");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json(), (json{{"error",
                                   {{"code", "unknown_symbol"},
                                    {"message", "there is no symbol \"AAPX\""},
                                    {"hint", "GET /api/v1/symbols lists them"}}}}));
  EXPECT_EQ(client.get("/api/v1/latest?symbl=AAPL").json()["error"]["code"], "unknown_parameter");
  EXPECT_EQ(client.get("/api/v1/notices?limit=0").status, 400);
  EXPECT_EQ(client.get("/api/v1/notices?limit=10001").status, 400);
  EXPECT_EQ(client.get("/api/v1/latest?symbol=%ff").json()["error"]["code"], "bad_target");
  EXPECT_EQ(client.get("/api/v2/status").status, 404);
  EXPECT_EQ(client.get("/../etc/passwd").status, 404);
  EXPECT_EQ(client.get("/%2e%2e/%2e%2e/etc/passwd").status, 404);
  EXPECT_EQ(client.get("/api/v1/status/").status, 404);
}

TEST_F(ServerTest, TheTableOfRoutesSaysTheMethods) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const Response post = client.ask("POST", "/api/v1/status", "{}");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(post.headers.at("allow"), "GET, HEAD");
  EXPECT_EQ(client.ask("DELETE", "/api/v1/demo", "").headers.at("allow"), "GET, HEAD, PUT");
  EXPECT_EQ(client.ask("OPTIONS", "/api/v1/ticket", "").headers.at("allow"), "POST");
  EXPECT_EQ(client.ask("PUT", "/", "x").headers.at("allow"), "GET, HEAD");
  const Response head = client.ask("HEAD", "/api/v1/symbols", "");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), std::to_string(client.get("/api/v1/symbols").body.size()));
  EXPECT_EQ(client.get("/livez").body, "ok\n") << "nothing of HEAD's body came";
}

TEST_F(ServerTest, FilesAreAskedForOnce) {
  const Serving serving(directory_);
  HttpClient client = serving.client();
  const Response first = client.get("/");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.at("content-type"), "text/html; charset=utf-8");
  const std::string etag = first.headers.at("etag");
  const Response again = client.get("/index.html", "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
  EXPECT_EQ(client.get("/", "If-None-Match: \"other\"\r\n").body, first.body);
}

TEST(Pages, APrecompressedFileIsGivenToThoseWhoTakeIt) {
  const PageFile file{"/a.js", "text/javascript", "plain", "zipped", "\"1\""};
  Request request;
  EXPECT_EQ(page_answer(file, request).fixed, "plain");
  request.accepts_gzip = true;
  const Answer zipped = page_answer(file, request);
  EXPECT_EQ(zipped.fixed, "zipped");
  EXPECT_EQ(zipped.headers.back(), (std::pair<std::string, std::string>{"Content-Encoding", "gzip"}));
}

TEST_F(ServerTest, TheDemosFaultsAreReadAndSet) {
  Serving serving(directory_);
  HttpClient client = serving.client();
  EXPECT_EQ(client.get("/api/v1/demo").json(), (json{{"faults", {{"gap", 0.1}, {"late", 0.0}}}}));
  EXPECT_EQ(client.ask("PUT", "/api/v1/demo", R"({"faults":{"late":0.2}})").json()["faults"]["late"], 0.2);
  for (const char* wrong :
       {"", "[]", "{}", R"({"faults":{"late":0.21}})", R"({"faults":{"late":-1}})",
        R"({"faults":{"late":"1"}})", R"({"faults":{"lat":0.1}})", R"({"faults":{},"x":1})"})
    EXPECT_EQ(client.ask("PUT", "/api/v1/demo", wrong).status, 400) << wrong;
  EXPECT_EQ(client.get("/api/v1/demo").json()["faults"]["late"], 0.2);
}

TEST_F(ServerTest, ReadyMeansEveryStageIs) {
  Serving serving(directory_);
  HttpClient client = serving.client();
  EXPECT_EQ(client.get("/readyz").status, 200);
  {
    const std::lock_guard lock(serving.mutex);
    serving.process.stages = {{"source", flow::StageState::ok, "", "", "", 0},
                              {"sinks", flow::StageState::failed, "", "", "secret detail", 0}};
  }
  EXPECT_EQ(client.get("/api/v1/status").json()["stages"].size(), 2U);
  const Response ready = client.get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body, "sinks: failed\n");
}

TEST_F(ServerTest, ATokenGuardsTheDataAndNotThePage) {
  ServeOptions options;
  options.token = "secret";
  const Serving serving(directory_, options);
  HttpClient client = serving.client();
  EXPECT_EQ(client.get("/").status, 200);
  EXPECT_EQ(client.get("/livez").status, 200);
  for (const Route& route : routes()) {
    if (route.open || route.method != Method::get || route.path.find('{') != std::string_view::npos) continue;
    const Response refused = client.get(std::string(route.path));
    EXPECT_EQ(refused.status, 401) << route.path;
    EXPECT_EQ(refused.headers.at("www-authenticate"), "Bearer");
  }
  EXPECT_EQ(client.get("/api/v1/symbols", "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(client.get("/api/v1/symbols?token=secret").status, 401) << "never in the query";
}

TEST_F(ServerTest, ABusyPortNamesItsOwner) {
  const Serving serving(directory_);
  ServeOptions options;
  options.port = serving.port();
  const ServeParts parts{*directory_.tape,
                         2,
                         nullptr,
                         *directory_.live,
                         base::system_clock(),
                         [] { return base::Result<flow::PipelineStatus>(flow::PipelineStatus{}); },
                         {},
                         {}};
  const auto second = Server::open(options, parts);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, base::ErrorCode::busy);
  EXPECT_NE(second.error().what.find("pid " + std::to_string(::getpid())), std::string::npos)
      << second.error().what;
  options.next_free_port = true;
  const auto third = Server::open(options, parts);
  ASSERT_TRUE(third.ok()) << third.error().message();
  EXPECT_NE((*third)->url(), serving.server->url());
}

}  // namespace
}  // namespace tickerhouse::serve

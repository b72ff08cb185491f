// /metrics read by Prometheus itself: promtool's rules, and a scrape whose values are asked for again.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/serve/stream_client.h"
#include "tests/serve/support.h"

extern char** environ;

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

class MetricsTest : public testing::Test {
 protected:
  MetricsTest() {
    directory_.bring("a \"quoted\" \\ source",
                     {trade("AAPL", "10:00:01", "100", "2"), trade("MSFT", "10:00:02", "50", "1"),
                      rejected(market::RejectReason::bad_json, "{")});
    directory_.open_live(true);
    char name[] = "/tmp/tickerhouse-metrics-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~MetricsTest() override { std::filesystem::remove_all(folder_); }
  MetricsTest(const MetricsTest&) = delete;
  MetricsTest& operator=(const MetricsTest&) = delete;

  Directory directory_;
  std::filesystem::path folder_;
};

TEST_F(MetricsTest, FollowThePrometheusRules) {
  Serving serving(directory_);
  {
    const std::lock_guard lock(serving.mutex);
    serving.process.stages = {{"source", flow::StageState::degraded, "", "", "", 2}};
    serving.process.sinks = {{"duckdb", flow::StageState::failed, 3, at("10:00"), "x", false}};
    serving.process.oracle = flow::OracleScore{2, 1, ""};
  }
  HttpClient client = serving.client();
  client.get("/api/v1/symbols");
  const Response response = client.get("/metrics");
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line :
       {"tickerhouse_records_total{outcome=\"used\"} 2\n",
        "tickerhouse_records_total{outcome=\"rejected\"} 1\n", "tickerhouse_records_received_total 3\n",
        "tickerhouse_stage_state{stage=\"source\",state=\"degraded\"} 1\n",
        "tickerhouse_sink_up{sink=\"duckdb\"} 0\n", "tickerhouse_oracle_exact_total 1\n",
        "tickerhouse_rejects_total{source=\"a \\\"quoted\\\" \\\\ source\",reason=\"bad_json\"} 1\n",
        "tickerhouse_http_requests_total{route=\"/api/v1/symbols\",status=\"200\"} 1\n",
        "tickerhouse_http_connections 1\n", "tickerhouse_build_info{version=\"0.0.1\"} 1\n"})
    EXPECT_NE(response.body.find(line), std::string::npos) << line << "\n" << response.body;
  if (std::system("command -v promtool >/dev/null") != 0)
    GTEST_SKIP() << "no promtool: apt-get install prometheus";
  std::ofstream(folder_ / "metrics") << response.body;
  const std::string command = "promtool check metrics <" + (folder_ / "metrics").string() + " >" +
                              (folder_ / "said").string() + " 2>&1";
  const int code = std::system(command.c_str());
  std::ifstream said(folder_ / "said");
  EXPECT_EQ(code, 0) << std::string(std::istreambuf_iterator<char>(said), {});
}

// A Prometheus that ends with the test.
class Prometheus {
 public:
  Prometheus(const std::filesystem::path& folder, std::uint16_t port, std::uint16_t target) {
    std::ofstream(folder / "prometheus.yml") << "{global: {scrape_interval: 1s}, scrape_configs: [{job_name: "
                                                "t, static_configs: [{targets: ['127.0.0.1:"
                                             << target << "']}]}]}\n";
    const std::vector<std::string> words = {
        "prometheus", "--config.file=" + (folder / "prometheus.yml").string(),
        "--storage.tsdb.path=" + (folder / "data").string(), "--log.level=error",
        "--web.listen-address=127.0.0.1:" + std::to_string(port)};
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT
    arguments.push_back(nullptr);
    started_ = ::posix_spawnp(&pid_, "prometheus", nullptr, nullptr, arguments.data(), environ) == 0;
  }
  ~Prometheus() {
    if (!started_) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;
  [[nodiscard]] bool started() const { return started_; }

 private:
  pid_t pid_ = -1;
  bool started_ = false;
};

bool listens(std::uint16_t port) {
  const std::string probe = "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(port);
  return std::system(("bash -c '" + probe + "' 2>/dev/null").c_str()) == 0;
}

TEST_F(MetricsTest, AreScraped) {
  const Serving serving(directory_);
  StreamSocket socket(serving.port());
  std::uint16_t free_port = 0;
  {
    const Serving other(directory_);
    free_port = other.port();
  }
  const Prometheus prometheus(folder_, free_port, serving.port());
  if (!prometheus.started()) GTEST_SKIP() << "no prometheus: apt-get install prometheus";
  json found;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (found.empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    if (!listens(free_port)) continue;
    HttpClient client(free_port);
    const Response response = client.get(
        "/api/v1/"
        "query?query=%7B__name__%3D~%22tickerhouse_records_total%7Ctickerhouse_stream_clients%7Cup%22%7D");
    if (response.status == 200) found = response.json()["data"]["result"];
  }
  std::map<std::string, std::string> values;
  for (const json& each : found)
    values[each["metric"]["__name__"].get<std::string>() + each["metric"].value("outcome", "")] =
        each["value"][1];
  EXPECT_EQ(values["up"], "1");
  EXPECT_EQ(values["tickerhouse_records_totalused"], "2");
  EXPECT_EQ(values["tickerhouse_stream_clients"], "1");
}

}  // namespace
}  // namespace tickerhouse::serve

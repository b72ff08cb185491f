// The document that describes the API, against the table of routes and against real answers: each answer has
// every key that is documented as required, and none that is not documented.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "serve/core.h"
#include "serve/embedded_files.h"
#include "tests/serve/support.h"

namespace tickerhouse::serve {
namespace {

using nlohmann::json;
using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

const json& document() {
  static const json parsed = json::parse(embedded_openapi());
  return parsed;
}

std::string type_of(const json& value) {
  if (value.is_number_integer()) return "integer";
  return value.is_number() ? "number" : value.type_name();
}

// What is wrong with the value, by its schema; empty: nothing.
std::string wrong(const json& value, const json& schema, const std::string& where) {
  if (schema.contains("$ref"))
    return wrong(value, document().at(json::json_pointer(schema["$ref"].get<std::string>().substr(1))),
                 where);
  if (schema.contains("anyOf")) {
    std::string all;
    for (const json& one : schema["anyOf"]) {
      const std::string what = wrong(value, one, where);
      if (what.empty()) return what;
      all += what;
    }
    return all;
  }
  const json types = schema["type"].is_array() ? schema["type"] : json{schema["type"]};
  bool fits = false;
  for (const json& type : types)
    fits = fits || type == type_of(value) || (type == "number" && value.is_number());
  if (!fits) return where + " is " + type_of(value) + "; ";
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end())
    return where + " is " + value.dump() + "; ";
  std::string all;
  if (value.is_array() && schema.contains("items"))
    for (const json& item : value) all += wrong(item, schema["items"], where + "[]");
  if (!value.is_object() || !schema.contains("properties")) return all;
  for (const json& key : schema["required"])
    if (!value.contains(key)) all += where + " lacks " + key.get<std::string>() + "; ";
  for (const auto& [key, item] : value.items())
    all += schema["properties"].contains(key) ? wrong(item, schema["properties"][key], where + "." + key)
                                              : where + "." + key + " is not documented; ";
  return all;
}

const char* method_name(Method method) {
  return method == Method::get ? "get" : method == Method::put ? "put" : "post";
}

TEST(OpenApi, NamesTheRoutesAndTheirParameters) {
  std::set<std::string> in_table;
  std::set<std::string> in_document;
  for (const Route& route : routes()) {
    std::string line = std::string(method_name(route.method)).append(" ").append(route.path);
    in_table.insert(line + (route.open ? " open" : ""));
    std::istringstream words{std::string(route.parameters)};
    for (std::string word; words >> word;) in_table.insert(line + " " + word);
  }
  for (const auto& [path, methods] : document()["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      in_document.insert(method + " " + path + (operation.contains("security") ? " open" : ""));
      for (const json& parameter : operation.value("parameters", json::array()))
        if (parameter["in"] == "query")
          in_document.insert(method + " " + path + " " + parameter["name"].get<std::string>());
    }
  EXPECT_EQ(in_document, in_table);
}

class OneOfEach final : public flow::ClusterView {
 public:
  base::Result<flow::ClusterState> state() override {
    const flow::ClusterPlace place{"p.events", 0};
    flow::ClusterState state;
    state.brokers = {{1, "kafka1:9092", true}};
    state.topics = {{"p.events", {{0, 1, {1}, {1}, 0, 7}}}};
    state.groups = {{"g", "Stable", "classic", "", {{"m", "", "c", "h", {place}}}, {{place, 3, 4}}}};
    return state;
  }
  base::Result<flow::MessagePage> messages(const flow::MessageQuery&) override {
    flow::MessagePage page;
    page.messages.resize(1);
    page.messages[0].headers = {{"kind", "trade"}};
    return page;
  }
};

class OpenApiAnswers : public testing::Test {
 protected:
  OpenApiAnswers() {
    std::vector<Entry> entries = mixed_stream(3, 600);
    entries.push_back(rejected(market::RejectReason::bad_json, "{\"symbol\":"));
    directory_.bring("a", std::move(entries));
    directory_.open_live(false);
    directory_.catch_up();
    directory_.store.sql_answer =
        flow::SqlTable{{{"n", "BIGINT", true}, {"s", "VARCHAR", false}}, {"1", "x", std::nullopt, "y"}, true};
    serving_ = std::make_unique<Serving>(directory_, ServeOptions(), &cluster_);
    const std::lock_guard lock(serving_->mutex);
    serving_->process.stages = {{"source", flow::StageState::ok, "flowing", "1 /s", "", 0}};
    serving_->process.oracle = flow::OracleScore{2, 1, "AAPL"};
  }
  Directory directory_;
  OneOfEach cluster_;
  std::unique_ptr<Serving> serving_;
};

TEST_F(OpenApiAnswers, HaveTheDocumentedKeys) {
  const std::string symbol = directory_.live->state().symbols().front().name;
  const std::map<std::string, std::string> examples = {
      {"get /api/v1/latest", "/api/v1/latest?symbol=" + symbol},
      {"get /api/v1/bars", "/api/v1/bars?symbol=" + symbol + "&interval=1m&limit=3"},
      {"get /api/v1/cluster/{topic}/{partition}", "/api/v1/cluster/p.events/0"},
      {"get /api/v1/topics/{topic}/{partition}", "/api/v1/topics/events/1?limit=3"},
      {"post /api/v1/sql", R"({"query":"SELECT 1"})"},
      {"put /api/v1/demo", R"({"faults":{"late":0.1}})"}};
  HttpClient client = serving_->client();
  std::size_t checked = 0;
  for (const auto& [path, methods] : document()["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      const json& responses = operation["responses"];
      if (!responses.contains("200") || !responses["200"]["content"].contains("application/json")) continue;
      const auto example = examples.find(method + " " + path);
      const std::string given = example == examples.end() ? "" : example->second;
      const Response response = method == "get"    ? client.get(given.empty() ? path : given)
                                : method == "post" ? client.ask("POST", path, given)
                                                   : client.ask("PUT", path, given);
      ASSERT_EQ(response.status, 200) << method << " " << path << ": " << response.body;
      EXPECT_EQ(wrong(response.json(), responses["200"]["content"]["application/json"]["schema"], path), "");
      ++checked;
    }
  EXPECT_GE(checked, 15U);
  const Response error = client.get("/api/v1/nothing");
  EXPECT_EQ(wrong(error.json(), document()["components"]["schemas"]["Error"], "error"), "");
}

TEST_F(OpenApiAnswers, TheCheckFindsWhatIsWrong) {
  const json schema = document()["components"]["schemas"]["Ledger"];
  json ledger = json::parse(serving_->client().get("/api/v1/ledger").body)["total"];
  EXPECT_EQ(wrong(ledger, schema, "l"), "");
  ledger["extra"] = 1;
  EXPECT_EQ(wrong(ledger, schema, "l"), "l.extra is not documented; ");
  ledger.erase("extra");
  ledger["used"] = "1";
  EXPECT_EQ(wrong(ledger, schema, "l"), "l.used is string; ");
  ledger.erase("used");
  EXPECT_EQ(wrong(ledger, schema, "l"), "l lacks used; ");
}

}  // namespace
}  // namespace tickerhouse::serve

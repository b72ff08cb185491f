#include <nlohmann/json.hpp>

#include "base/decimal.h"
#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"

namespace tickerhouse::serve {
namespace {

constexpr int kAtOnceMax = 2;  // of three workers: one is always left for the others

class Turn {
 public:
  explicit Turn(std::atomic<int>& running) : running_(running), mine_(++running <= kAtOnceMax) {}
  ~Turn() { --running_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] bool mine() const { return mine_; }

 private:
  std::atomic<int>& running_;
  bool mine_;
};

void put_cell(JsonText& json, const flow::SqlTable::Column& column, const std::optional<std::string>& cell) {
  if (!cell)
    json.null();
  else if (column.number && base::is_json_number(*cell))
    json.raw(*cell);
  else
    json.text(*cell);  // NaN and infinity are numbers that JSON has not
}

std::string table_json(const flow::SqlTable& table, base::DurationNanos took) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("columns").begin('[');
  for (const flow::SqlTable::Column& column : table.columns)
    json.begin('{').key("name").text(column.name).key("type").text(column.type).end('}');
  json.end(']').key("rows").begin('[');
  const std::size_t width = table.columns.size();
  for (std::size_t i = 0; width > 0 && i + width <= table.cells.size(); i += width) {
    json.begin('[');
    for (std::size_t k = 0; k < width; ++k) put_cell(json, table.columns[k], table.cells[i + k]);
    json.end(']');
  }
  json.end(']').key("truncated").boolean(table.truncated);
  json.key("milliseconds").number(static_cast<std::uint64_t>(took / base::kMillisecond)).end('}');
  return out;
}

}  // namespace

Answer answer_sql(Core& core, const Call& call) {
  const auto body = nlohmann::json::parse(call.request.body, nullptr, false);
  const auto query = body.is_object() && body.size() == 1 ? body.find("query") : body.end();
  if (query == body.end() || !query->is_string())
    return error_answer(400, "bad_body", "expected {\"query\":\"SELECT ...\"}");
  if (core.parts.store == nullptr)
    return error_answer(503, "no_store", "this process keeps no store", "store.enabled = true");
  const Turn turn(core.counters.sql_running);
  if (!turn.mine()) return error_answer(429, "too_many_queries", "other queries are running", "try again");
  const base::DurationNanos begin = core.parts.clock.monotonic_now();
  flow::SqlQuery asked;
  asked.text = query->get<std::string>();
  const auto table = core.parts.store->sql(asked);
  if (table.ok()) return json_answer(table_json(*table, core.parts.clock.monotonic_now() - begin));
  if (table.error().code == base::ErrorCode::invalid_argument)
    return error_answer(422, "wrong_sql", table.error().what);
  if (table.error().code == base::ErrorCode::over_limit)
    return error_answer(422, "over_limit", table.error().what);
  return error_answer(table.error());
}

}  // namespace tickerhouse::serve

// Routes that show what is in memory.
#include "serve/embedded_files.h"
#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"
#include "serve/status_json.h"

namespace tickerhouse::serve {

Answer answer_status(Core& core, const Call&) {
  const auto snapshot = core.board.refresh();
  return snapshot.ok() ? json_answer((*snapshot)->json) : error_answer(snapshot.error());
}

Answer answer_ledger(Core& core, const Call&) {
  const auto snapshot = core.board.refresh();
  return snapshot.ok() ? json_answer(ledgers_json((*snapshot)->status)) : error_answer(snapshot.error());
}

Answer answer_symbols(Core& core, const Call&) {
  std::string out;
  JsonText json(out);
  json.begin('{').key("symbols").begin('[');
  for (const LiveState::Symbol& symbol : core.live.symbols())
    json.begin('{')
        .key("symbol")
        .text(symbol.name)
        .key("decimals")
        .number(static_cast<std::uint64_t>(symbol.decimals))
        .end('}');
  json.end(']').end('}');
  return json_answer(std::move(out));
}

Answer answer_latest(Core& core, const Call& call) {
  std::string rows;
  for (const auto& [name, symbol] : call.request.query) {  // there is no other parameter
    const auto row = core.live.watch_row(symbol);
    if (!row) return unknown_symbol(symbol);
    rows.append(rows.empty() ? "[" : ",").append(*row);
  }
  rows.empty() ? rows = core.live.watch_rows(0).json : rows.append("]");
  return json_answer(std::string("{\"rows\":").append(rows).append("}"));
}

Answer answer_notices(Core& core, const Call& call) {
  const auto limit = limit_of(call);
  if (!limit.ok()) return error_answer(limit.error());
  return json_answer(std::string("{\"notices\":").append(core.live.notices(0, *limit).json).append("}"));
}

Answer answer_live(Core&, const Call&) {
  Answer answer = json_answer("ok\n");
  answer.content_type = "text/plain; charset=utf-8";
  return answer;
}

// Open to everybody, so it names the stages and says nothing of what is wrong with them.
Answer answer_ready(Core& core, const Call& call) {
  Answer answer = answer_live(core, call);
  const auto snapshot = core.board.latest();
  std::string lines;
  if (!snapshot) lines = "status: unknown\n";
  if (snapshot)
    for (const flow::StageStatus& stage : snapshot->status.process.stages)
      if (stage.state == flow::StageState::degraded || stage.state == flow::StageState::failed)
        lines.append(stage.name).append(": ").append(stage_state_name(stage.state)).append("\n");
  if (lines.empty()) return answer;
  answer.status = 503;
  answer.body = std::move(lines);
  return answer;
}

Answer answer_ticket(Core& core, const Call&) {
  const auto ticket = core.access.new_ticket();
  if (!ticket.ok()) return error_answer(ticket.error());
  return json_answer(std::string("{\"ticket\":\"").append(*ticket).append("\"}"));
}

Answer answer_stream(Core&, const Call&) {
  Answer answer = error_answer(426, "upgrade_required", "this is a WebSocket", "docs/api.md");
  answer.headers.emplace_back("Upgrade", "websocket");
  return answer;
}

Answer answer_openapi(Core&, const Call&) {
  Answer answer;
  answer.fixed = embedded_openapi();
  return answer;
}

}  // namespace tickerhouse::serve

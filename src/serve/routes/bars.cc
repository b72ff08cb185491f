// Bars by range: JSON in pages, CSV and JSON lines as one stream. A page is read whole and its store left
// before anything is sent, so that a slow client holds nothing.
#include <algorithm>
#include <map>

#include "formats/output.h"
#include "market/symbol.h"
#include "serve/json_text.h"
#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"

namespace tickerhouse::serve {
namespace {

using market::BarRow;

constexpr std::uint64_t kStreamedAtOnce = 2'000;

struct BarsAsked {
  std::string symbol;
  base::DurationNanos interval = 0;
  base::TsNanos from = base::kNoTime;
  base::TsNanos to = std::numeric_limits<base::TsNanos>::max();
  std::uint64_t limit = 0;
  bool newest_first = false;  // the last `limit` of the range, else the first
};

// Without a store: the settled bars of the tape, and the younger ones that the live view holds.
base::Result<std::vector<BarRow>> bars_of_tape(Core& core, const BarsAsked& asked) {
  std::map<base::TsNanos, BarRow> kept;
  const auto keep = [&](const BarRow& row) {
    if (row.interval != asked.interval || row.window_start < asked.from || row.window_start >= asked.to)
      return;
    kept[row.window_start] = row;
    if (kept.size() > asked.limit) kept.erase(asked.newest_first ? kept.begin() : std::prev(kept.end()));
  };
  const std::uint16_t partition = market::partition_of(asked.symbol, core.parts.partitions);
  ASSIGN_OR_RETURN(const auto reader, core.parts.tape.read(flow::Topic::settled, partition, {}));
  flow::TapeBatch batch;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->next(batch));
    if (!more) break;
    const market::BatchView<BarRow> view(batch.bytes);
    for (const BarRow& row : view.rows())
      if (view.string(row.symbol) == asked.symbol) keep(row);
  }
  for (const BarRow& row : core.live.closed_bars(asked.symbol, asked.interval)) keep(row);
  std::vector<BarRow> rows;
  rows.reserve(kept.size());
  for (const auto& [start, row] : kept) rows.push_back(row);
  return rows;
}

// Oldest first.
base::Result<std::vector<BarRow>> read_bars(Core& core, const BarsAsked& asked) {
  if (core.parts.store == nullptr) return bars_of_tape(core, asked);
  flow::BarQuery query;
  query.symbol = asked.symbol;
  query.interval = asked.interval;
  query.from = asked.from;
  query.to = asked.to;
  (asked.newest_first ? query.newest_of_each : query.limit) = asked.limit;
  std::vector<BarRow> rows;
  RETURN_IF_ERROR(
      core.parts.store->scan_bars(query, [&](std::string_view, const BarRow& row) { rows.push_back(row); }));
  return rows;
}

base::Error bad(std::string what, std::string where) {
  return {base::ErrorCode::invalid_argument, std::move(what), std::move(where)};
}

base::Status take_order_and_cursor(const Call& call, BarsAsked& asked) {
  const std::string* order = call.parameter("order");
  asked.newest_first = order != nullptr && *order == "desc";
  if (order != nullptr && *order != "desc" && *order != "asc") return bad("expected asc or desc", "order");
  const std::string* cursor = call.parameter("cursor");
  if (cursor == nullptr || cursor->empty()) return {};
  const auto start = base::parse_iso_time(*cursor);
  if (!start) return bad("expected what `next` said", "cursor");
  if (asked.newest_first)
    asked.to = std::min(asked.to, *start);
  else
    asked.from = std::max(asked.from, *start);
  return {};
}

base::Result<BarsAsked> asked_of(const Core& core, const Call& call) {
  BarsAsked asked;
  const std::string* symbol = call.parameter("symbol");
  const std::string* interval = call.parameter("interval");
  if (symbol == nullptr || interval == nullptr) return bad("both are needed", "symbol and interval");
  asked.symbol = *symbol;
  const auto& known = core.live.intervals();
  const auto duration = base::parse_duration(*interval);
  if (!duration || std::find(known.begin(), known.end(), *duration) == known.end()) {
    std::string what = "expected one of";
    for (const base::DurationNanos each : known) what.append(" ").append(base::format_duration(each));
    return bad(what, "interval");
  }
  asked.interval = *duration;
  ASSIGN_OR_RETURN(asked.from, time_of(call, "from", asked.from));
  ASSIGN_OR_RETURN(asked.to, time_of(call, "to", asked.to));
  ASSIGN_OR_RETURN(asked.limit, limit_of(call));
  RETURN_IF_ERROR(take_order_and_cursor(call, asked));
  return asked;
}

Answer page_of_bars(Core& core, BarsAsked asked) {
  const std::uint64_t limit = asked.limit;
  asked.limit = limit + 1;  // one more says whether there is a next page
  auto rows = read_bars(core, asked);
  if (!rows.ok()) return error_answer(rows.error());
  if (asked.newest_first) std::reverse(rows->begin(), rows->end());
  const bool more = rows->size() > limit;
  std::string out;
  JsonText json(out);
  json.begin('{')
      .key("symbol")
      .text(asked.symbol)
      .key("interval")
      .text(base::format_duration(asked.interval));
  json.key("bars").begin('[');
  std::string text;
  for (std::size_t i = 0; i < rows->size() && i < limit; ++i) {
    text.clear();
    formats::append_bar_json(text, asked.symbol, (*rows)[i]);
    json.raw(text);
  }
  json.end(']').key("next");
  // Ascending the first window of the next page, descending the last one of this: `to` excludes it.
  more ? json.time((*rows)[asked.newest_first ? limit - 1 : limit].window_start) : json.null();
  json.end('}');
  return json_answer(std::move(out));
}

std::string file_name(const BarsAsked& asked, bool csv) {
  std::string name;
  for (const char c : asked.symbol) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
    name.push_back(plain ? c : '_');
  }
  return name.append("-").append(base::format_duration(asked.interval)).append(csv ? ".csv" : ".jsonl");
}

// The bytes are those of `export bars`. A cell that begins with = + - or @ is not changed: it can only be a
// symbol, which has no quote, comma or blank, and a prefix would make it another one.
Answer stream_of_bars(Core& core, const BarsAsked& asked, bool csv) {
  Answer answer;
  answer.content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  answer.headers.emplace_back(
      "Content-Disposition",
      std::string("attachment; filename=\"").append(file_name(asked, csv)).append("\""));
  if (csv) answer.body = formats::bar_csv_header();
  answer.more = [&core, asked = asked, csv](std::string& piece) mutable -> base::Result<bool> {
    asked.limit = kStreamedAtOnce;
    ASSIGN_OR_RETURN(const std::vector<BarRow> rows, read_bars(core, asked));
    for (const BarRow& row : rows)
      csv ? formats::append_bar_csv(piece, asked.symbol, row)
          : formats::append_bar_json(piece, asked.symbol, row);
    if (rows.size() < kStreamedAtOnce) return false;
    asked.from = rows.back().window_start + 1;
    return true;
  };
  return answer;
}

}  // namespace

Answer answer_bars(Core& core, const Call& call) {
  const auto asked = asked_of(core, call);
  if (!asked.ok()) return error_answer(asked.error());
  if (!core.live.knows(asked->symbol) && core.live.symbols_left_out() == 0)
    return unknown_symbol(asked->symbol);
  const std::string* format = call.parameter("format");
  if (format == nullptr || *format == "json") return page_of_bars(core, *asked);
  if (*format != "csv" && *format != "jsonl")
    return error_answer(bad("expected json, csv or jsonl", "format"));
  for (const char* name : {"limit", "cursor", "order"})
    if (call.parameter(name) != nullptr)
      return error_answer(bad("csv and jsonl give the whole range, oldest first", name));
  return stream_of_bars(core, *asked, *format == "csv");
}

}  // namespace tickerhouse::serve

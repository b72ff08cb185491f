#include "serve/status_json.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "serve/json_text.h"

namespace tickerhouse::serve {
namespace {

void put_counts(JsonText& json, const flow::Ledger& ledger) {
  const std::array<std::pair<const char*, std::uint64_t>, 7> counts = {{{"received", ledger.received},
                                                                        {"used", ledger.used},
                                                                        {"duplicate", ledger.duplicate},
                                                                        {"late_revised", ledger.late_revised},
                                                                        {"late_kept", ledger.late_kept},
                                                                        {"rejected", ledger.rejected},
                                                                        {"cancelled", ledger.cancelled}}};
  for (const auto& [key, value] : counts) json.key(key).number(value);
}

void put_lost(JsonText& json, const flow::LostRows& lost, const std::string& input) {
  if (lost.offsets == 0) return;
  json.key("lost").begin('{').key("offsets").number(lost.offsets);
  json.key("from").number(lost.from).key("to").number(lost.to);
  if (!input.empty()) json.key("input").text(input);
  json.end('}');
}

void put_ledgers(JsonText& json, const flow::PipelineStatus& status) {
  json.key("total").raw(ledger_json(status.total));
  json.key("ingest").raw(ledger_json(status.ingest));
  json.key("partitions").begin('[');
  for (const flow::PartitionStatus& partition : status.partitions) {
    json.begin('{').key("partition").number(partition.partition);
    put_counts(json, partition.ledger);
    json.key("waiting").number(partition.waiting).key("id_reused").number(partition.id_reused);
    put_lost(json, partition.lost, "");
    json.end('}');
  }
  json.end(']');
}

void put_sink(JsonText& json, const flow::SinkStatus& sink, const std::vector<flow::SinkHealth>& healths) {
  json.begin('{').key("name").text(sink.name).key("topic").text(sink.topic);
  json.key("partition").number(sink.partition).key("position").number(sink.position);
  json.key("lag").number(sink.lag);
  const auto health = std::find_if(healths.begin(), healths.end(), [&](const flow::SinkHealth& candidate) {
    return candidate.name == sink.name;
  });
  if (health != healths.end()) {
    json.key("state").text(stage_state_name(health->state)).key("restarts").number(health->restarts);
    json.key("last_flush").time(health->last_flush).key("error");
    health->error.empty() ? json.null() : json.text(health->error);
    json.key("gathers").boolean(health->gathers);
  }
  json.end('}');
}

void put_source(JsonText& json, const flow::SourceStatus& source) {
  json.begin('{').key("name").text(source.name).key("finished").boolean(source.finished);
  json.key("truncated").boolean(source.truncated).key("watermark").time(source.watermark);
  json.key("received").number(source.received).key("skipped").number(source.skipped);
  json.key("rounded").number(source.rounded).key("rejects").begin('{');
  for (const auto& [reason, count] : source.rejects) json.key(reason).number(count);
  json.end('}');
  put_lost(json, source.lost, source.lost_input);
  json.end('}');
}

void put_stages(JsonText& json, const std::vector<flow::StageStatus>& stages) {
  json.key("stages").begin('[');
  for (const flow::StageStatus& stage : stages) {
    json.begin('{').key("name").text(stage.name).key("state").text(stage_state_name(stage.state));
    json.key("word").text(stage.word).key("number").text(stage.number).key("detail").text(stage.detail);
    json.key("restarts").number(stage.restarts).end('}');
  }
  json.end(']');
}

void put_oracle(JsonText& json, const std::optional<flow::OracleScore>& oracle) {
  json.key("oracle");
  if (!oracle) {
    json.null();
    return;
  }
  json.begin('{').key("judged").number(oracle->judged).key("exact").number(oracle->exact).key("first_wrong");
  oracle->first_wrong.empty() ? json.null() : json.text(oracle->first_wrong);
  json.end('}');
}

void put_tape(JsonText& json, const flow::TapeStatus& tape) {
  json.key("tape").begin('{').key("bytes_used");
  tape.bytes_max == 0 ? json.null() : json.number(tape.bytes_used);
  json.key("bytes_max");
  tape.bytes_max == 0 ? json.null() : json.number(tape.bytes_max);
  json.key("disk_free_bytes").number(tape.disk_free_bytes).key("hours_left");
  tape.hours_left ? json.real(*tape.hours_left) : json.null();
  json.key("kind").text(tape.kind).end('}');
}

void put_process(JsonText& json, const flow::PipelineStatus& status, const StatusFacts& facts) {
  const flow::ProcessStatus& process = status.process;
  json.key("start_id").text(process.start_id).key("version").text(facts.version);
  json.key("now").time(facts.now).key("started_at").time(process.started_at);
  json.key("uptime_seconds").decimal(process.uptime / base::kMillisecond, 3);
  json.key("restarts").number(process.restarts).key("data").text(facts.data);
  json.key("intervals").begin('[');
  for (const base::DurationNanos interval : status.intervals) json.text(base::format_duration(interval));
  json.end(']').key("day_interval");
  status.intervals.empty() ? json.null()
                           : json.text(base::format_duration(day_interval_of(status.intervals)));
  json.key("source_label").begin('{').key("kind").text(status.source_kind).key("speed");
  status.speed ? json.real(*status.speed) : json.null();
  json.end('}').key("events_per_second").real(process.events_per_second);
  put_stages(json, process.stages);
  json.key("catching_up");
  process.catching_up ? json.real(*process.catching_up) : json.null();
  put_oracle(json, process.oracle);
}

}  // namespace

std::string ledger_json(const flow::Ledger& ledger) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  put_counts(json, ledger);
  json.end('}');
  return out;
}

std::string ledgers_json(const flow::PipelineStatus& status) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  put_ledgers(json, status);
  json.key("adds_up").boolean(status.total.adds_up()).end('}');
  return out;
}

std::string status_json(const flow::PipelineStatus& status, const StatusFacts& facts) {
  std::string out;
  JsonText json(out);
  json.begin('{');
  put_ledgers(json, status);
  json.key("sinks").begin('[');
  for (const flow::SinkStatus& sink : status.sinks) put_sink(json, sink, status.process.sinks);
  json.end(']').key("sources").begin('[');
  for (const flow::SourceStatus& source : status.sources) put_source(json, source);
  json.end(']').key("running").boolean(status.running).key("origin").text(status.origin);
  put_tape(json, status.tape);
  json.key("problems").begin('[');
  for (const std::string& problem : status.problems) json.text(problem);
  json.end(']');
  if (!status.process.start_id.empty()) put_process(json, status, facts);
  json.end('}');
  return out;
}

const char* stage_state_name(flow::StageState state) {
  switch (state) {
    case flow::StageState::ok:
      return "ok";
    case flow::StageState::idle:
      return "idle";
    case flow::StageState::degraded:
      return "degraded";
    case flow::StageState::failed:
      break;
  }
  return "failed";
}

base::DurationNanos day_interval_of(const std::vector<base::DurationNanos>& intervals) {
  CHECK(!intervals.empty());
  base::DurationNanos best = *std::min_element(intervals.begin(), intervals.end());
  for (const base::DurationNanos interval : intervals)
    if (interval <= base::kDay) best = std::max(best, interval);
  return best;
}

}  // namespace tickerhouse::serve

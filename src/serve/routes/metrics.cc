// Prometheus text, written by hand: prometheus-cpp would bring a web server and curl to its build for a
// format of three kinds of line, and our counters live in the status already; a registry would hold them
// twice.
#include <array>
#include <charconv>
#include <fstream>
#include <string>
#include <vector>

#include <unistd.h>

#include "serve/routes/parameters.h"
#include "serve/routes/routes.h"
#include "serve/routes/topic_rows.h"
#include "serve/status_json.h"

namespace tickerhouse::serve {
namespace {

using Labels = std::vector<std::pair<const char*, std::string>>;

std::string number_text(double value) {
  std::array<char, 32> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

class MetricsText {
 public:
  // The family that the next values belong to; a counter's name ends with _total.
  void family(const char* name, const char* type, const char* help) {
    name_ = name;
    out_.append("# HELP tickerhouse_").append(name).append(" ").append(help).append("\n# TYPE tickerhouse_");
    out_.append(name).append(" ").append(type).append("\n");
  }
  void value(const Labels& labels, std::uint64_t value) { line(labels, std::to_string(value)); }
  void value(const Labels& labels, double value) { line(labels, number_text(value)); }
  void raw(std::string_view text) { out_.append(text); }
  std::string take() { return std::move(out_); }

 private:
  void line(const Labels& labels, const std::string& value) {
    out_.append("tickerhouse_").append(name_);
    char separator = '{';
    for (const auto& [key, text] : labels) {
      out_.push_back(separator);
      separator = ',';
      out_.append(key).append("=\"");
      for (const char c : text) {
        if (c == '\\' || c == '"') out_.push_back('\\');
        c == '\n' ? out_.append("\\n") : out_.append(1, c);
      }
      out_.push_back('"');
    }
    out_.append(labels.empty() ? " " : "} ").append(value).append("\n");
  }
  std::string out_;
  const char* name_ = "";
};

double seconds(base::TsNanos ts) {
  const std::int64_t milliseconds = ts / base::kMillisecond;
  return static_cast<double>(milliseconds) / 1'000;
}

void put_ledger(MetricsText& out, const flow::PipelineStatus& status) {
  const flow::Ledger& total = status.total;
  out.family("records_received_total", "counter", "Records that have come in, those that were rejected too.");
  out.value({}, total.received);
  out.family("records_total", "counter",
             "What became of the records; the sum is tickerhouse_records_received_total.");
  for (const auto& [name, count] :
       std::array<std::pair<const char*, std::uint64_t>, 6>{{{"used", total.used},
                                                             {"duplicate", total.duplicate},
                                                             {"late_revised", total.late_revised},
                                                             {"late_kept", total.late_kept},
                                                             {"rejected", total.rejected},
                                                             {"cancelled", total.cancelled}}})
    out.value({{"outcome", name}}, count);
  out.family("shard_waiting_rows", "gauge", "Events on the tape that a shard has not processed yet.");
  for (const flow::PartitionStatus& shard : status.partitions)
    out.value({{"partition", std::to_string(shard.partition)}}, shard.waiting);
}

void put_sources(MetricsText& out, const flow::PipelineStatus& status) {
  out.family("source_records_total", "counter", "Events and rejects of a source.");
  for (const flow::SourceStatus& source : status.sources)
    out.value({{"source", source.name}}, source.received);
  out.family("source_finished", "gauge", "1: the source has come to its end.");
  for (const flow::SourceStatus& source : status.sources)
    out.value({{"source", source.name}}, std::uint64_t{source.finished});
  out.family("source_watermark_seconds", "gauge", "Event time that a source has reached, since 1970.");
  for (const flow::SourceStatus& source : status.sources)
    if (source.watermark != base::kNoTime) out.value({{"source", source.name}}, seconds(source.watermark));
  out.family("rejects_total", "counter", "Records that did not become events.");
  for (const flow::SourceStatus& source : status.sources)
    for (const auto& [reason, count] : source.rejects)
      out.value({{"source", source.name}, {"reason", reason}}, count);
}

void put_sinks(MetricsText& out, const flow::PipelineStatus& status) {
  const auto place = [](const flow::SinkStatus& sink) {
    return Labels{{"sink", sink.name}, {"topic", sink.topic}, {"partition", std::to_string(sink.partition)}};
  };
  out.family("sink_lag_rows", "gauge", "Rows on the tape that a sink has not made durable yet.");
  for (const flow::SinkStatus& sink : status.sinks) out.value(place(sink), sink.lag);
  out.family("sink_position_rows", "gauge", "The offset a sink reads next.");
  for (const flow::SinkStatus& sink : status.sinks) out.value(place(sink), sink.position);
  out.family("sink_up", "gauge", "1: a sink works, 0: it does not and is tried again.");
  for (const flow::SinkHealth& sink : status.process.sinks)
    out.value({{"sink", sink.name}},
              std::uint64_t{sink.state == flow::StageState::ok || sink.state == flow::StageState::idle});
  out.family("sink_restarts_total", "counter", "How often a sink was started again.");
  for (const flow::SinkHealth& sink : status.process.sinks) out.value({{"sink", sink.name}}, sink.restarts);
  out.family("sink_last_flush_seconds", "gauge", "When a sink last made rows durable, since 1970.");
  for (const flow::SinkHealth& sink : status.process.sinks)
    if (sink.last_flush != base::kNoTime) out.value({{"sink", sink.name}}, seconds(sink.last_flush));
}

void put_tape(MetricsText& out, Core& core, const flow::PipelineStatus& status) {
  if (status.tape.bytes_max > 0) {
    out.family("tape_used_bytes", "gauge", "Bytes of the tape that hold something.");
    out.value({}, status.tape.bytes_used);
    out.family("tape_max_bytes", "gauge", "Bytes the tape may have.");
    out.value({}, status.tape.bytes_max);
  }
  out.family("disk_free_bytes", "gauge", "Free bytes on the disk of the tape.");
  out.value({}, status.tape.disk_free_bytes);
  out.family("ingest_paused", "gauge", "1: the tape or the disk is nearly full, and new input waits.");
  out.value({}, std::uint64_t{status.tape.ingest_paused});
  out.family("tape_rows_total", "counter", "Rows of a partition of a topic.");
  for (std::uint8_t i = 1; i <= flow::kTopicLast; ++i) {
    const auto topic = static_cast<flow::Topic>(i);
    for (std::uint16_t p = 0; p < partitions_of(topic, core.parts.partitions); ++p)
      if (const auto end = core.parts.tape.end(topic, p); end.ok())
        out.value({{"topic", flow::topic_name(topic)}, {"partition", std::to_string(p)}}, end->value);
  }
}

void put_stages(MetricsText& out, const flow::PipelineStatus& status) {
  using enum flow::StageState;
  out.family("stage_state", "gauge", "1 for the state a stage is in.");
  for (const flow::StageStatus& stage : status.process.stages)
    for (const flow::StageState state : {ok, idle, degraded, failed})
      out.value({{"stage", stage.name}, {"state", stage_state_name(state)}},
                std::uint64_t{stage.state == state});
  out.family("stage_restarts_total", "counter", "How often a stage was started again in this process.");
  for (const flow::StageStatus& stage : status.process.stages)
    out.value({{"stage", stage.name}}, stage.restarts);
  out.family("restarts_total", "counter", "Starts on this data directory after the first.");
  out.value({}, status.process.restarts);
  if (!status.process.oracle) return;
  out.family("oracle_judged_total", "counter", "Settled bars compared with the simulator's truth.");
  out.value({}, status.process.oracle->judged);
  out.family("oracle_exact_total", "counter", "Those that were exact.");
  out.value({}, status.process.oracle->exact);
}

void put_server(MetricsText& out, Core& core) {
  Counters& counters = core.counters;
  out.family("http_requests_total", "counter", "Answered requests.");
  {
    const std::lock_guard lock(counters.mutex);
    for (const auto& [what, count] : counters.requests)
      out.value({{"route", std::string(what.first)}, {"status", std::to_string(what.second)}}, count);
  }
  out.family("http_connections", "gauge", "Open connections, those of streams too.");
  out.value({}, counters.connections.load());
  out.family("stream_clients", "gauge", "Open WebSockets.");
  out.value({}, counters.stream_clients.load());
  out.family("stream_messages_total", "counter", "Messages sent to WebSockets.");
  out.value({}, counters.stream_messages.load());
  out.family("stream_sent_bytes_total", "counter", "Bytes of those messages.");
  out.value({}, counters.stream_bytes.load());
  out.family("stream_conflated_total", "counter",
             "Rounds left out because a client was still busy with one before.");
  out.value({}, counters.conflated.load());
  out.family("symbols_left_out_total", "counter", "Rows of symbols beyond the live view's bound.");
  out.value({}, core.live.symbols_left_out());
  out.family("uptime_seconds", "gauge", "Since the server began to listen.");
  out.value({}, seconds(core.parts.clock.monotonic_now() - core.opened_at));
  out.family("build_info", "gauge", "1; the version is a label.");
  out.value({{"version", core.options.version}}, std::uint64_t{1});
}

// The name that every exporter uses for it.
void put_memory(MetricsText& out) {
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  if (resident == 0) return;
  out.raw(
      "# HELP process_resident_memory_bytes Resident memory.\n# TYPE process_resident_memory_bytes gauge\n");
  out.raw("process_resident_memory_bytes ");
  out.raw(std::to_string(resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE))).append("\n"));
}

}  // namespace

Answer answer_metrics(Core& core, const Call&) {
  const auto snapshot = core.board.refresh();
  if (!snapshot.ok()) return error_answer(snapshot.error());
  const flow::PipelineStatus& status = (*snapshot)->status;
  MetricsText out;
  put_ledger(out, status);
  put_sources(out, status);
  put_sinks(out, status);
  put_tape(out, core, status);
  put_stages(out, status);
  put_server(out, core);
  put_memory(out);
  Answer answer = json_answer(out.take());
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  return answer;
}

}  // namespace tickerhouse::serve

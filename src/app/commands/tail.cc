#include <algorithm>
#include <cinttypes>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/cluster/cluster.h"
#include "app/cluster/message_tail.h"
#include "app/cluster/registry.h"
#include "app/command_line.h"
#include "app/directory/data_directory.h"
#include "app/directory/tapes.h"
#include "app/process/stop_signal.h"
#include "app/tailing.h"
#include "formats/output.h"
#include "formats/reject_output.h"
#include "tape/kafka/topics.h"
#include "tape/kafka_tape.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kTailFooter = R"(Examples:
  tickerhouse tail bars                                       new bars as they come
  tickerhouse tail bars --from beginning --exit-at-end        every revision on the tape
  tickerhouse tail events --symbol AAPL --count 20 --from 2026-01-05T14:30:00Z
  tickerhouse tail rejects --from beginning --format csv
  tickerhouse tail orders --brokers 127.0.0.1:9092 --place --key          any topic of a Kafka cluster
  tickerhouse tail orders --brokers 127.0.0.1:9092 --schema-registry http://127.0.0.1:8081   Avro as the JSON it means
  tickerhouse tail bars --brokers 127.0.0.1:9092 --pipeline demo          rows of a pipeline there
Topics: events, rejects, bars, settled, late; signals and alerts, which nothing writes yet. Partitions one after the other with --exit-at-end; as they come otherwise.)";

constexpr base::DurationNanos kRegistryPatience = 10 * base::kSecond;

struct TailFlags {
  std::string topic;
  std::string from = "end";
  std::uint64_t count = 0;
  TailEnd end;
  std::vector<std::string> symbols;
  std::string format = "jsonl";
  bool place = false;
  bool key = false;
  bool headers = false;
};

base::Result<flow::Topic> topic_of(const std::string& name) {
  for (const flow::Topic topic :
       {flow::Topic::events, flow::Topic::rejects, flow::Topic::bars, flow::Topic::settled, flow::Topic::late,
        flow::Topic::signals, flow::Topic::alerts})
    if (name == flow::topic_name(topic)) return topic;
  return base::Error{base::ErrorCode::invalid_argument,
                     std::string("\"").append(name).append(
                         "\" is none of events, rejects, bars, settled, late, signals, alerts"),
                     "tail"};
}

class Tail {
 public:
  Tail(const TailFlags& flags, flow::Topic topic, const StartPlace& start)
      : flags_(flags), topic_(topic), start_(start) {}

  base::Status run(flow::Tape& tape, std::uint16_t partitions) {
    RETURN_IF_ERROR(open(tape, topic_ == flow::Topic::rejects ? std::uint16_t{1} : partitions));
    if (csv()) std::fputs(std::string(header()).c_str(), stdout);
    return run_rounds(
        flags_.end, [this] { return round(); }, [this] { return full(); });
  }

 private:
  struct Input {
    std::uint16_t partition;
    std::unique_ptr<flow::TapeReader> reader;
  };

  base::Status open(flow::Tape& tape, std::uint16_t partitions) {
    for (std::uint16_t p = 0; p < partitions; ++p) {
      flow::Offset from{start_.offset};
      if (start_.kind == StartPlace::Kind::end) {
        ASSIGN_OR_RETURN(from, tape.end(topic_, p));
      }
      ASSIGN_OR_RETURN(auto reader, tape.read(topic_, p, from));
      inputs_.push_back({p, std::move(reader)});
    }
    return {};
  }

  base::Result<bool> round() {
    bool found = false;
    for (Input& input : inputs_) {
      flow::TapeBatch batch;
      while (!full() && !stop_requested()) {
        ASSIGN_OR_RETURN(const bool more, input.reader->next(batch));
        if (!more) break;
        found = true;
        print(input.partition, batch);
      }
    }
    return found;
  }

  void print(std::uint16_t partition, const flow::TapeBatch& batch) {
    for (std::uint32_t i = batch.skip; i < batch.bytes.row_count() && !full(); ++i) {
      std::string text;
      append_row(text, batch, i);
      if (text.empty()) continue;
      ++printed_;
      if (flags_.place)
        std::fprintf(stdout, "%u:%" PRIu64 " ", static_cast<unsigned>(partition),
                     batch.first.value + (i - batch.skip));
      std::fputs(text.c_str(), stdout);
    }
  }

  [[nodiscard]] bool wanted(std::string_view symbol, base::TsNanos ts) const {
    if (start_.time != base::kNoTime && ts < start_.time) return false;
    return flags_.symbols.empty() ||
           std::find(flags_.symbols.begin(), flags_.symbols.end(), symbol) != flags_.symbols.end();
  }
  [[nodiscard]] bool csv() const { return flags_.format == "csv"; }
  [[nodiscard]] bool full() const { return flags_.count > 0 && printed_ >= flags_.count; }

  [[nodiscard]] std::string_view header() const {
    if (topic_ == flow::Topic::bars || topic_ == flow::Topic::settled) return formats::bar_csv_header();
    return topic_ == flow::Topic::rejects ? formats::reject_csv_header() : formats::event_csv_header();
  }

  void append_row(std::string& text, const flow::TapeBatch& batch, std::uint32_t i) const {
    if (topic_ == flow::Topic::bars || topic_ == flow::Topic::settled) {
      const market::BatchView<market::BarRow> view(batch.bytes);
      const market::BarRow& row = view.rows()[i];
      const std::string_view symbol = view.string(row.symbol);
      if (!wanted(symbol, row.window_start)) return;
      csv() ? formats::append_bar_csv(text, symbol, row) : formats::append_bar_json(text, symbol, row);
    } else if (topic_ == flow::Topic::rejects) {
      const market::BatchView<market::RejectRow> view(batch.bytes);
      const market::RejectRow& row = view.rows()[i];
      csv() ? formats::append_reject_csv(text, row, view.string(row.source), view.text(i))
            : formats::append_reject_json(text, row, view.string(row.source), view.text(i));
    } else {
      append_event(text, market::EventBatchView(batch.bytes), i);
    }
  }

  void append_event(std::string& text, const market::EventBatchView& view, std::uint32_t i) const {
    const market::EventRow& row = view.rows()[i];
    const std::string_view symbol = view.string(row.symbol);
    if (!wanted(symbol, row.ts_event)) return;
    const formats::EventNames names{symbol, view.string(row.venue), view.string(row.source), view.text(i)};
    if (market::carries_market_data(row.kind)) {
      csv() ? formats::append_event_csv(text, row, names) : formats::append_event_json(text, row, names);
    } else if (!csv()) {
      formats::append_control_json(text, row, names);
    }
  }

  const TailFlags& flags_;
  flow::Topic topic_;
  StartPlace start_;
  std::vector<Input> inputs_;
  std::uint64_t printed_ = 0;
};

base::Status check_rows(const TailFlags& flags) {
  if (flags.format != "jsonl" && flags.format != "csv")
    return base::Error{base::ErrorCode::invalid_argument, "jsonl or csv", "--format"};
  if (flags.key || flags.headers)
    return base::Error{base::ErrorCode::invalid_argument,
                       "rows are printed without them; PIPELINE.TOPIC with --brokers shows the messages",
                       flags.key ? "--key" : "--headers"};
  return {};
}

base::Status tail_directory(const CommandLine& line, const TailFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  RETURN_IF_ERROR(check_rows(flags));
  ASSIGN_OR_RETURN(const flow::Topic topic, topic_of(flags.topic));
  ASSIGN_OR_RETURN(const StartPlace start, parse_start(flags.from, "--from"));
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  return Tail(flags, topic, start).run(*directory.tape, directory.settings.partitions);
}

base::Status tail_messages(const Config& config, const tape::kafka::Connection& connection,
                           const TailFlags& flags, const StartPlace& start) {
  if (!flags.symbols.empty() || flags.format != "jsonl")
    return base::Error{base::ErrorCode::invalid_argument, "only the rows of a pipeline's topic can be chosen",
                       flags.symbols.empty() ? "--format" : "--symbol"};
  ASSIGN_OR_RETURN(const auto schemas, open_schemas_to_look(config, kRegistryPatience));
  return tail_messages(connection, MessageTail{flags.topic, start, flags.end, flags.count, flags.place,
                                               flags.headers, flags.key, schemas.get()});
}

// Rows, if the name is one of ours and the pipeline is there; else messages of the topic of that name.
base::Status tail_cluster(const CommandLine& line, const TailFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const tape::kafka::Connection connection, connection_of(config));
  ASSIGN_OR_RETURN(const StartPlace start, parse_start(flags.from, "--from"));
  const auto topic = topic_of(flags.topic);
  if (!topic.ok()) return tail_messages(config, connection, flags, start);
  tape::KafkaTapeOptions options;
  options.connection = connection;
  options.pipeline = config.kafka_pipeline;
  options.read_only = true;
  read_as_configured(config, "", options);
  const auto tape = tape::open_kafka_tape(options);
  if (!tape.ok() && tape.error().code == base::ErrorCode::not_found) {
    base::Status done = tail_messages(config, connection, flags, start);
    if (done.ok() || done.error().code != base::ErrorCode::not_found) return done;
    return base::Error{base::ErrorCode::not_found,
                       std::string("no such topic, and no pipeline ")
                           .append(config.kafka_pipeline)
                           .append("; --pipeline names another one, topic list --brokers ... shows all"),
                       std::string("topic ").append(flags.topic)};
  }
  if (!tape.ok()) return tape.error();
  RETURN_IF_ERROR(check_rows(flags));
  ASSIGN_OR_RETURN(const auto client, tape::kafka::Client::open(tape::kafka::Role::overseer, connection, {}));
  ASSIGN_OR_RETURN(const std::uint16_t partitions,
                   tape::kafka::partitions_of(*client, {config.kafka_pipeline, (*tape)->events_of()}));
  return Tail(flags, *topic, start).run(**tape, partitions);
}

base::Status tail(const CommandLine& line, const TailFlags& flags) {
  return asks_of_cluster(line) ? tail_cluster(line, flags) : tail_directory(line, flags);
}

}  // namespace

void add_tail(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "tail",
      "rows of a topic as they lie on the tape, and new ones as they come; messages of any topic of a Kafka "
      "cluster");
  auto flags = std::make_shared<TailFlags>();  // lives in the action
  command->footer(kTailFooter);
  command
      ->add_option("topic", flags->topic, "events, rejects, bars, settled or late; with --brokers any topic")
      ->required();
  command->add_option("--from", flags->from, "beginning, end, an offset or a time [end]");
  command->add_option("--count", flags->count, "stop after so many rows");
  command->add_option("--timeout", flags->end.timeout, "stop after this long");
  command->add_flag("--exit-at-end", flags->end.exit_at_end, "stop at the end of what is there");
  command->add_option("--symbol", flags->symbols, "only this symbol (repeats)")
      ->take_all()
      ->allow_extra_args(false);
  command->add_option("--format", flags->format, "jsonl or csv [jsonl]");
  command->add_flag("--place", flags->place, "partition:offset before each row");
  command->add_flag("--key", flags->key, "messages: the key and a tab before each");
  command->add_flag("--headers", flags->headers, "messages: NAME=VALUE,... and a tab before each");
  add_setting_flags(*command, line, {"data", "kafka.", "log."});
  set_action(*command, line, [&line, flags] { return tail(line, *flags); });
}

}  // namespace tickerhouse::app

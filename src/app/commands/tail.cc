#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/data_directory.h"
#include "app/process/stop_signal.h"
#include "base/clock.h"
#include "formats/output.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kFooter = R"(Examples:
  tickerhouse tail bars                                       new bars as they come
  tickerhouse tail bars --from beginning --exit-at-end        every revision on the tape
  tickerhouse tail events --symbol AAPL --count 20 --from 2026-01-05T14:30:00Z
  tickerhouse tail rejects --from beginning --format csv
Topics: events, rejects, bars, settled, late; signals and alerts, which nothing writes yet. Partitions one after the other with --exit-at-end; as they come otherwise.)";

struct Flags {
  std::string topic;
  std::string from = "end";
  std::uint64_t count = 0;
  std::string timeout;
  bool exit_at_end = false;
  std::vector<std::string> symbols;
  std::string format = "jsonl";
  bool place = false;
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

struct Start {
  bool end = false;
  flow::Offset offset;
  base::TsNanos time = base::kNoTime;
};

base::Result<Start> parse_start(const std::string& text) {
  Start start;
  if (text == "beginning") return start;
  start.end = text == "end";
  if (start.end) return start;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), start.offset.value);
  if (error == std::errc() && end == text.data() + text.size()) return start;
  start.offset = {};
  if (const auto ts = base::parse_iso_time(text))
    start.time = *ts;
  else if (const auto date = base::parse_date(text))
    start.time = *date * base::kDay;
  else
    return base::Error{base::ErrorCode::invalid_argument, "expected beginning, end, an offset or a time",
                       "--from"};
  return start;
}

class Tail {
 public:
  Tail(const Flags& flags, flow::Topic topic, const Start& start)
      : flags_(flags), topic_(topic), start_(start) {}

  base::Status run(const OpenDirectory& directory) {
    RETURN_IF_ERROR(open(directory));
    if (flags_.format == "csv") std::fputs(std::string(header()).c_str(), stdout);
    const std::atomic<bool>& stop = stop_requested();
    base::DurationNanos patience = 0;
    if (!flags_.timeout.empty()) {
      const auto parsed = base::parse_duration(flags_.timeout);
      if (!parsed)
        return base::Error{base::ErrorCode::invalid_argument, "expected a duration such as 10s", "--timeout"};
      patience = *parsed;
    }
    const base::DurationNanos deadline = base::system_clock().monotonic_now() + patience;
    while (!stop && !full()) {
      ASSIGN_OR_RETURN(const bool found, round());
      if (std::fflush(stdout) != 0) return base::Error{base::ErrorCode::io, "cannot write", "stdout"};
      if (found) continue;
      if (flags_.exit_at_end || (patience > 0 && base::system_clock().monotonic_now() >= deadline)) break;
      base::system_clock().sleep_for(100 * base::kMillisecond);
    }
    return {};
  }

 private:
  struct Input {
    std::uint16_t partition;
    std::unique_ptr<flow::TapeReader> reader;
  };

  base::Status open(const OpenDirectory& directory) {
    const std::uint16_t partitions =
        topic_ == flow::Topic::rejects ? std::uint16_t{1} : directory.settings.partitions;
    for (std::uint16_t p = 0; p < partitions; ++p) {
      flow::Offset from = start_.offset;
      if (start_.end) {
        ASSIGN_OR_RETURN(from, directory.tape->end(topic_, p));
      }
      ASSIGN_OR_RETURN(auto reader, directory.tape->read(topic_, p, from));
      inputs_.push_back({p, std::move(reader)});
    }
    return {};
  }

  base::Result<bool> round() {
    bool found = false;
    for (Input& input : inputs_) {
      flow::TapeBatch batch;
      while (!full()) {
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
      formats::append_control_json(text, row, names.source);
    }
  }

  const Flags& flags_;
  flow::Topic topic_;
  Start start_;
  std::vector<Input> inputs_;
  std::uint64_t printed_ = 0;
};

base::Status run(const CommandLine& line, const Flags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  if (flags.format != "jsonl" && flags.format != "csv")
    return base::Error{base::ErrorCode::invalid_argument, "jsonl or csv", "--format"};
  ASSIGN_OR_RETURN(const flow::Topic topic, topic_of(flags.topic));
  ASSIGN_OR_RETURN(const Start start, parse_start(flags.from));
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config.data));
  return Tail(flags, topic, start).run(directory);
}

}  // namespace

void add_tail(CLI::App& app, CommandLine& line) {
  auto* command =
      app.add_subcommand("tail", "rows of a topic as they lie on the tape, and new ones as they come");
  auto flags = std::make_shared<Flags>();  // lives in the action
  command->footer(kFooter);
  command->add_option("topic", flags->topic, "events, rejects, bars, settled or late")->required();
  command->add_option("--from", flags->from, "beginning, end, an offset or a time [end]");
  command->add_option("--count", flags->count, "stop after so many rows");
  command->add_option("--timeout", flags->timeout, "stop after this long");
  command->add_flag("--exit-at-end", flags->exit_at_end, "stop at the end of what is there");
  command->add_option("--symbol", flags->symbols, "only this symbol (repeats)")->take_all();
  command->add_option("--format", flags->format, "jsonl or csv [jsonl]");
  command->add_flag("--place", flags->place, "partition:offset before each row");
  add_setting_flags(*command, line, {"data", "log."});
  set_action(*command, line, [&line, flags] { return run(line, *flags); });
}

}  // namespace tickerhouse::app

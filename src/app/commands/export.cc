#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/export_store.h"
#include "app/exports.h"
#include "app/text_output.h"
#include "formats/output.h"
#include "formats/reject_output.h"
#include "sinks/export_parquet.h"

namespace tickerhouse::app {
namespace {

struct ExportFlags {
  std::string what;
  std::string format = "csv";
  std::string output;
  std::vector<std::string> intervals;
  std::vector<std::string> symbols;
  std::string from;
  std::string to;
  std::string columns;
};

constexpr const char* kExportFooter = R"(Examples:
  tickerhouse export bars --interval 1m --symbol AAPL --from 2026-01-05 --to 2026-01-06
  tickerhouse export bars --format parquet --output bars.parquet
  tickerhouse export bars --interval 1m --columns seed       price_avg, price_min, price_max, price_first, price_last, pct_change
  tickerhouse export events --format jsonl --output events.jsonl      what counted; replayed it gives the same bars
  tickerhouse export rejects                                          reason, source, position and the original bytes
  tickerhouse export store --output copy.duckdb                       the store for a notebook: duckdb -readonly copy.duckdb
Works beside a running pipeline: what is committed at its start.)";

// A date or an ISO time.
base::Result<base::TsNanos> parse_bound(const std::string& text, const char* flag, base::TsNanos fallback) {
  if (text.empty()) return fallback;
  if (const auto date = base::parse_date(text)) return *date * base::kDay;
  if (const auto ts = base::parse_iso_time(text)) return *ts;
  return base::Error{base::ErrorCode::invalid_argument,
                     std::string("\"").append(text).append("\" is neither a date nor an ISO time"), flag};
}

struct Selection {
  std::vector<base::DurationNanos> intervals;
  std::vector<std::string> symbols;
  base::TsNanos from = 0;
  base::TsNanos to = 0;

  [[nodiscard]] bool takes_symbol(const std::string& symbol) const {
    return symbols.empty() || std::find(symbols.begin(), symbols.end(), symbol) != symbols.end();
  }
  [[nodiscard]] bool takes(const std::string& symbol, base::TsNanos ts) const {
    return takes_symbol(symbol) && ts >= from && ts < to;
  }
  [[nodiscard]] bool takes_interval(base::DurationNanos interval) const {
    return intervals.empty() || std::find(intervals.begin(), intervals.end(), interval) != intervals.end();
  }
};

base::Result<Selection> select(const ExportFlags& flags, const engine::Settings& settings) {
  Selection selection;
  selection.symbols = flags.symbols;
  ASSIGN_OR_RETURN(selection.from, parse_bound(flags.from, "--from", base::kNoTime));
  ASSIGN_OR_RETURN(selection.to, parse_bound(flags.to, "--to", std::numeric_limits<base::TsNanos>::max()));
  for (const std::string& text : flags.intervals) {
    const auto interval = base::parse_duration(text);
    const auto& known = settings.intervals;
    if (interval && std::find(known.begin(), known.end(), *interval) != known.end()) {
      selection.intervals.push_back(*interval);
      continue;
    }
    std::string what = std::string("the directory has no bars of ").append(text).append("; it has");
    for (const base::DurationNanos has : known) what.append(" ").append(base::format_duration(has));
    return base::Error{base::ErrorCode::invalid_argument, what, "--interval"};
  }
  return selection;
}

// Writes rows as text, flushing now and then.
class Lines {
 public:
  explicit Lines(TextOutput& output) : output_(output) {}
  std::string text;
  base::Status next() {
    constexpr std::size_t kFlush = std::size_t{1} << 20U;
    return text.size() < kFlush ? base::Status() : flush();
  }
  base::Status flush() {
    RETURN_IF_ERROR(output_.write(text));
    text.clear();
    return {};
  }

 private:
  TextOutput& output_;
};

// The columns of an older pipeline, for those who know it.
void append_seed_columns(std::string& out, const NamedBar& bar) {
  const auto decimal = [&out](base::Int128 value, int scale) {
    out.push_back(',');
    base::append_decimal(out, value, scale);
  };
  out.append(bar.symbol).append(",");
  base::append_iso_time(out, bar.row.window_start);
  out.push_back(',');
  base::append_iso_time(out, bar.row.window_end);
  if ((bar.row.known & market::known::kPriceAvg) != 0)
    decimal(bar.row.price_avg.units, market::kPriceScale);
  else
    out.push_back(',');
  for (const market::Price price : {bar.row.low, bar.row.high, bar.row.open, bar.row.close})
    decimal(price.units, market::kPriceScale);
  decimal(bar.row.pct_change, market::kPercentScale);
  out.push_back('\n');
}

base::Status export_bars(const ExportFlags& flags, const OpenDirectory& directory) {
  ASSIGN_OR_RETURN(const Selection selection, select(flags, directory.settings));
  const bool seed = flags.columns == "seed";
  if (!flags.columns.empty() && !seed)
    return base::Error{base::ErrorCode::invalid_argument, "the one named set of columns is seed",
                       "--columns"};
  if (seed && flags.format != "csv")
    return base::Error{base::ErrorCode::invalid_argument, "--columns seed is for csv", "--format"};
  ASSIGN_OR_RETURN(const std::vector<NamedBar> bars, newest_bars(directory, nullptr));
  const auto wanted = [&](const NamedBar& bar) {
    return selection.takes_interval(bar.row.interval) && selection.takes(bar.symbol, bar.row.window_start);
  };
  if (flags.format == "parquet") {
    ASSIGN_OR_RETURN(const auto file, sinks::make_bar_parquet(flags.output));
    for (const NamedBar& bar : bars)
      if (wanted(bar)) RETURN_IF_ERROR(file->append(bar.symbol, bar.row));
    return file->finish();
  }
  ASSIGN_OR_RETURN(const auto output, TextOutput::open(flags.output));
  Lines lines(*output);
  if (seed)
    lines.text.append(
        "symbol,window_start,window_end,price_avg,price_min,price_max,price_first,price_last,pct_change\n");
  else if (flags.format == "csv")
    lines.text.append(formats::bar_csv_header());
  for (const NamedBar& bar : bars) {
    if (!wanted(bar)) continue;
    if (seed)
      append_seed_columns(lines.text, bar);
    else if (flags.format == "csv")
      formats::append_bar_csv(lines.text, bar.symbol, bar.row);
    else
      formats::append_bar_json(lines.text, bar.symbol, bar.row);
    RETURN_IF_ERROR(lines.next());
  }
  RETURN_IF_ERROR(lines.flush());
  return output->finish();
}

base::Status export_events(const ExportFlags& flags, const OpenDirectory& directory, bool late) {
  ASSIGN_OR_RETURN(const Selection selection, select(flags, directory.settings));
  auto found = late ? late_events(directory) : counted_events(directory);
  if (!found.ok()) return found.error();
  const auto names = [](const NamedEvent& event) {
    return formats::EventNames{event.symbol, event.venue, event.source, event.text};
  };
  if (flags.format == "parquet") {
    ASSIGN_OR_RETURN(const auto file, sinks::make_event_parquet(flags.output));
    for (const NamedEvent& event : *found)
      if (selection.takes(event.symbol, event.row.ts_event))
        RETURN_IF_ERROR(file->append(event.row, names(event)));
    return file->finish();
  }
  ASSIGN_OR_RETURN(const auto output, TextOutput::open(flags.output));
  Lines lines(*output);
  if (flags.format == "csv") lines.text.append(formats::event_csv_header());
  for (const NamedEvent& event : *found) {
    if (!selection.takes(event.symbol, event.row.ts_event)) continue;
    if (flags.format == "csv")
      formats::append_event_csv(lines.text, event.row, names(event));
    else
      formats::append_event_json(lines.text, event.row, names(event));
    RETURN_IF_ERROR(lines.next());
  }
  RETURN_IF_ERROR(lines.flush());
  return output->finish();
}

base::Status export_rejects(const ExportFlags& flags, const OpenDirectory& directory) {
  ASSIGN_OR_RETURN(const std::vector<NamedReject> found, rejects(directory));
  if (flags.format == "parquet") {
    ASSIGN_OR_RETURN(const auto file, sinks::make_reject_parquet(flags.output));
    for (const NamedReject& reject : found)
      RETURN_IF_ERROR(file->append(reject.row, reject.source, reject.raw));
    return file->finish();
  }
  ASSIGN_OR_RETURN(const auto output, TextOutput::open(flags.output));
  Lines lines(*output);
  if (flags.format == "csv") lines.text.append(formats::reject_csv_header());
  for (const NamedReject& reject : found) {
    if (flags.format == "csv")
      formats::append_reject_csv(lines.text, reject.row, reject.source, reject.raw);
    else
      formats::append_reject_json(lines.text, reject.row, reject.source, reject.raw);
    RETURN_IF_ERROR(lines.next());
  }
  RETURN_IF_ERROR(lines.flush());
  return output->finish();
}

// Another store is as large as the first: what it holds is not chosen.
base::Status export_whole_store(const ExportFlags& flags, const Config& config) {
  if (!flags.intervals.empty() || !flags.symbols.empty() || !flags.from.empty() || !flags.to.empty() ||
      !flags.columns.empty())
    return base::Error{base::ErrorCode::invalid_argument,
                       "a store is whole; --interval, --symbol, --from, --to and --columns are for rows",
                       "export store"};
  if (flags.output.empty() || is_special_file(flags.output))
    return base::Error{base::ErrorCode::invalid_argument, "a store needs a file, such as copy.duckdb",
                       "--output"};
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  std::error_code code;
  if (std::filesystem::equivalent(flags.output, directory.paths.store, code))
    return base::Error{base::ErrorCode::invalid_argument, "that is the store itself; name another file",
                       "--output"};
  return export_store(directory, flags.output, config.store_memory);
}

base::Status run_export(const CommandLine& line, const ExportFlags& flags) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  if (flags.what == "store") return export_whole_store(flags, config);
  if (flags.format != "csv" && flags.format != "jsonl" && flags.format != "parquet")
    return base::Error{base::ErrorCode::invalid_argument, "csv, jsonl or parquet", "--format"};
  if (flags.format == "parquet" && flags.output.empty())
    return base::Error{base::ErrorCode::invalid_argument, "parquet needs a file", "--output"};
  if (flags.format == "parquet" && is_special_file(flags.output))
    return base::Error{base::ErrorCode::invalid_argument, "parquet cannot be written into a pipe or a device",
                       "--output"};
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  if (flags.what == "bars") return export_bars(flags, directory);
  if (flags.what == "events") return export_events(flags, directory, false);
  if (flags.what == "late") return export_events(flags, directory, true);
  if (flags.what == "rejects") return export_rejects(flags, directory);
  return base::Error{
      base::ErrorCode::invalid_argument,
      std::string("\"").append(flags.what).append("\" is none of bars, events, late, rejects, store"),
      "export"};
}

}  // namespace

void add_export(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "export", "bars, events, late or rejects as CSV, JSON lines or Parquet; the whole store");
  auto flags = std::make_shared<ExportFlags>();  // lives in the action
  command->footer(kExportFooter);
  command->add_option("what", flags->what, "bars, events, late, rejects or store")->required();
  command->add_option("--format", flags->format, "csv, jsonl or parquet [csv]");
  command->add_option("--output", flags->output, "a file, which appears whole or not at all [stdout]");
  command->add_option("--interval", flags->intervals, "only bars of this length (repeats) [all]")->take_all();
  command->add_option("--symbol", flags->symbols, "only this symbol (repeats) [all]")->take_all();
  command->add_option("--from", flags->from,
                      "from this date or ISO time on (window_start of bars, time of events)");
  command->add_option("--to", flags->to, "before this date or ISO time");
  command->add_option("--columns", flags->columns, "seed: the columns of an older pipeline");
  add_setting_flags(*command, line, {"data", "kafka.", "store.memory", "log."});
  set_action(*command, line, [&line, flags] { return run_export(line, *flags); });
}

}  // namespace tickerhouse::app

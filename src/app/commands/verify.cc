#include <cstring>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/command_line.h"
#include "app/exit_codes.h"
#include "app/exports.h"
#include "app/process/control_socket.h"
#include "app/process/session.h"
#include "app/progress_bar.h"
#include "base/clock.h"
#include "formats/output.h"
#include "runtime/check/replay_check.h"
#include "runtime/progress.h"
#include "sinks/duckdb_store.h"
#include "sinks/history/history_check.h"

namespace tickerhouse::app {
namespace {

constexpr const char* kVerifyFooter =
    R"(Runs the tape again through the engine and compares every row of the result topics by its bytes, then the
store with the tape by rows, and the history files: each row of the tape up to where they go stands in one file,
with equal values, and nothing else does. Exit 0, or 1 and the first difference.

Examples:
  tickerhouse verify --data ./data)";
constexpr base::DurationNanos kAskAgain = 100 * base::kMillisecond;

// Compares rows that come sorted with the expected ones.
class StoreCheck {
 public:
  explicit StoreCheck(const std::vector<NamedBar>& expected) : expected_(expected) {}

  void row(std::string_view symbol, const market::BarRow& row) {
    if (!difference_.empty()) return;
    if (next_ == expected_.size()) {
      difference_ = std::string("the store has a bar that the tape lacks: ").append(describe(symbol, row));
      return;
    }
    const NamedBar& ours = expected_[next_++];
    market::BarRow a = ours.row;
    market::BarRow b = row;
    a.symbol = b.symbol = 0;
    if (ours.symbol == symbol && std::memcmp(&a, &b, sizeof a) == 0) return;
    difference_ = std::string("tape:  ")
                      .append(describe(ours.symbol, ours.row))
                      .append("store: ")
                      .append(describe(symbol, row));
  }
  [[nodiscard]] std::string result() const {
    if (!difference_.empty() || next_ == expected_.size()) return difference_;
    return std::string("the store lacks a bar: ")
        .append(describe(expected_[next_].symbol, expected_[next_].row));
  }

 private:
  static std::string describe(std::string_view symbol, const market::BarRow& row) {
    std::string text;
    formats::append_bar_csv(text, symbol, row);
    return text;
  }
  const std::vector<NamedBar>& expected_;
  std::size_t next_ = 0;
  std::string difference_;
};

struct StoreContent {
  flow::SinkPosition position;
  std::vector<NamedBar> bars;
};

base::Result<StoreContent> read_store(const OpenDirectory& directory) {
  StoreContent content;
  const auto keep = [&content](std::string_view symbol, const market::BarRow& row) {
    content.bars.push_back({std::string(symbol), row});
  };
  // A process that has just begun does not answer yet, and one that ends no more: it is asked again, or is
  // gone.
  base::Clock& clock = base::system_clock();
  const base::DurationNanos deadline = clock.monotonic_now() + kLockPatience;
  while (is_running(directory.paths)) {
    auto rows = ask_store_rows(directory.paths.socket, keep);
    if (rows.ok()) {
      content.position = std::move(rows->position);
      return content;
    }
    if (clock.monotonic_now() > deadline) return rows.error();
    content.bars.clear();
    clock.sleep_for(kAskAgain);
  }
  sinks::DuckdbStoreOptions options;
  options.path = directory.paths.store;
  options.read_only = true;
  ASSIGN_OR_RETURN(const auto store, sinks::open_duckdb_store(options));
  ASSIGN_OR_RETURN(content.position, store->store().position());
  RETURN_IF_ERROR(store->store().scan_bars({}, keep));
  return content;
}

// What the tape has up to the store's position must be what the store holds.
base::Result<std::uint64_t> verify_store(const OpenDirectory& directory) {
  ASSIGN_OR_RETURN(const StoreContent content, read_store(directory));
  ASSIGN_OR_RETURN(const std::vector<NamedBar> expected, newest_bars(directory, &content.position));
  StoreCheck check(expected);
  for (const NamedBar& bar : content.bars) check.row(bar.symbol, bar.row);
  const std::string difference = check.result();
  if (!difference.empty()) return base::Error{base::ErrorCode::check_failed, difference, "store"};
  return static_cast<std::uint64_t>(expected.size());
}

base::Status verify_history(const OpenDirectory& directory) {
  for (const auto format : {sinks::HistoryFormat::parquet, sinks::HistoryFormat::csv}) {
    sinks::HistoryCheckOptions options;
    options.directory = directory.paths.history;
    options.format = format;
    options.partitions = directory.settings.partitions;
    options.running = is_running(directory.paths);
    ASSIGN_OR_RETURN(const auto report, sinks::check_history(options, *directory.tape));
    if (!report) {
      std::fprintf(stderr, "history %s: none\n", sinks::history_name(format));
      continue;
    }
    std::fprintf(stderr, "history %s: %s files hold %s rows of the tape, each once, equal to it\n",
                 sinks::history_name(format), grouped(report->files).c_str(), grouped(report->rows).c_str());
    if (report->files_before > 0)
      std::fprintf(stderr,
                   "history %s: %s files hold rows that retention has cut from the tape; not compared\n",
                   sinks::history_name(format), grouped(report->files_before).c_str());
  }
  return {};
}

base::Result<bool> has_store(const OpenDirectory& directory) {
  ASSIGN_OR_RETURN(const std::string position,
                   position_of(*directory.tape, std::string(runtime::kSinkPrefix).append("duckdb")));
  return !position.empty();
}

base::Status verify(const CommandLine& line) {
  ASSIGN_OR_RETURN(const Config config, line.load());
  ASSIGN_OR_RETURN(const OpenDirectory directory, open_directory_to_read(config));
  ProgressBar bar;
  std::uint64_t total = 0;
  bool cut = false;
  for (std::uint16_t p = 0; p < directory.settings.partitions; ++p) {
    ASSIGN_OR_RETURN(const flow::Offset end, directory.tape->end(flow::Topic::events, p));
    ASSIGN_OR_RETURN(const flow::Offset begin, directory.tape->begin(flow::Topic::events, p));
    total += end.value - begin.value;
    cut = cut || begin.value > 0;
  }
  std::uint64_t rows = 0;
  std::uint64_t results = 0;
  for (std::uint16_t p = 0; p < directory.settings.partitions; ++p) {
    ASSIGN_OR_RETURN(const runtime::ReplayOf replay, replay_of(directory, p));
    auto report = runtime::check_replay(*directory.tape, replay, [&](std::uint64_t stepped) {
      rows += stepped;
      bar.show(total == 0 ? -1 : static_cast<double>(rows) / static_cast<double>(total), rows);
    });
    if (!report.ok()) {
      bar.clear();
      return report.error();
    }
    for (const std::uint64_t count : report->results) results += count;
  }
  bar.clear();
  std::fprintf(
      stderr, "replay: %s rows from %s in %u partitions give the same %s results, byte for byte\n",
      grouped(rows).c_str(),
      cut ? "the oldest checkpoint on (retention has cut what is before)" : "the beginning of the tape",
      static_cast<unsigned>(directory.settings.partitions), grouped(results).c_str());
  ASSIGN_OR_RETURN(const flow::PipelineStatus status,
                   runtime::collect_status(*directory.tape, directory.settings.partitions));
  std::fputs(lost_rows(status).c_str(), stderr);
  ASSIGN_OR_RETURN(const bool store, has_store(directory));
  if (!store) {
    std::fprintf(stderr, "store: none\n");
  } else {
    ASSIGN_OR_RETURN(const std::uint64_t bars, verify_store(directory));
    std::fprintf(stderr, "store: %s bars equal the tape\n", grouped(bars).c_str());
  }
  return verify_history(directory);
}

}  // namespace

void add_verify(CLI::App& app, CommandLine& line) {
  auto* command = app.add_subcommand(
      "verify", "prove that replay gives the same bytes, and that store and history agree");
  command->footer(kVerifyFooter);
  add_setting_flags(*command, line, {"data", "kafka.", "log."});
  set_action(*command, line, [&line] { return verify(line); });
}

}  // namespace tickerhouse::app

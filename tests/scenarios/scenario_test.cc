// Text files a trader can read: trades in, bars out, in order. See any *.scn for the form; times are of
// 2026-01-05, UTC.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "analytics/bar_builder.h"
#include "base/decimal.h"
#include "runtime/pipeline.h"
#include "tape/memory_tape.h"
#include "tests/runtime/scripted_source.h"
#include "tests/support/paths.h"

namespace tickerhouse {
namespace {

struct Scenario {
  engine::Settings settings;
  std::vector<runtime::ScriptedEvent> events;
  std::vector<std::string> expected;
};

base::TsNanos time_of(const std::string& text) {
  const auto ts = base::parse_iso_time((text.find('T') == std::string::npos ? "2026-01-05T" : "") + text);
  EXPECT_TRUE(ts.has_value()) << text;
  return ts.value_or(0);
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line.substr(0, line.find('#')));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// 10:00:01 AAPL 100.5 x 10 id=7 seq=3 | 10:00:01 AAPL 100.5 (size unknown) | ... snapshot [cumulative=N] |
// ... quote
runtime::ScriptedEvent event_of(const std::vector<std::string>& words) {
  auto event = runtime::trade(words[1], time_of(words[0]), base::parse_decimal(words[2], 9).value);
  event.row.flags |= market::kSizeUnknown;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string value = word.substr(word.find('=') + 1);
    if (word == "x") {
      event.row.trade.size.units = base::parse_decimal(words[++i], 6).value;
      event.row.flags &= static_cast<std::uint8_t>(~market::kSizeUnknown);
    } else if (word == "snapshot") {
      event.row.kind = market::EventKind::snapshot;
    } else if (word == "quote") {
      event.row.kind = market::EventKind::quote;
      event.row.quote = {};
    } else if (word.starts_with("cumulative=")) {
      event.row.flags = market::kVolumeCumulative;
      event.row.trade.size.units = base::parse_decimal(value, 6).value;
    } else if (word.starts_with("id=")) {
      EXPECT_FALSE(market::set_trade_id(event.row, value));
    } else if (word.starts_with("seq=")) {
      event.row.seq = std::stoll(value);
    } else {
      ADD_FAILURE() << "what is " << word;
    }
  }
  return event;
}

void read_setting(const std::string& word, engine::Settings& settings) {
  const std::string value = word.substr(word.find('=') + 1);
  if (word.starts_with("bound=")) settings.bound = base::parse_duration(value).value();
  if (word.starts_with("allowed_lateness=")) settings.allowed_lateness = base::parse_duration(value).value();
  if (!word.starts_with("intervals=")) return;
  settings.intervals.clear();
  std::istringstream in(value);
  for (std::string item; std::getline(in, item, ',');)
    settings.intervals.push_back(base::parse_duration(item).value());
}

Scenario read_scenario(const std::filesystem::path& path) {
  Scenario scenario;
  scenario.settings.partitions = 1;
  scenario.settings.intervals = {base::kMinute};
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto words = words_of(line);
    if (words.empty()) continue;
    if (words[0] == "settings") {
      for (std::size_t i = 1; i < words.size(); ++i) read_setting(words[i], scenario.settings);
    } else if (words[0] == "bar" || words[0] == "ledger") {
      std::string text;
      for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
      scenario.expected.push_back(text);
    } else {
      scenario.events.push_back(event_of(words));
    }
  }
  return scenario;
}

std::string decimal(base::Int128 value, int scale) {
  std::string text;
  base::append_decimal(text, value, scale);
  return text;
}

// bar AAPL 1m 10:00 final 0 O 100 H 101 L 99 C 100 V 30 n 3 vwap 100.2 late|gap
std::string line_of(std::string_view symbol, const market::BarRow& bar) {
  std::string start;
  base::append_iso_time(start, bar.window_start);
  const bool same_day = start.starts_with("2026-01-05");
  std::string text = "bar ";
  text.append(symbol).append(" ").append(base::format_duration(bar.interval)).append(" ");
  text.append(same_day ? start.substr(11, 5) : start.substr(0, 16))
      .append(" ")
      .append(market::state_name(bar.state))
      .append(" ");
  text.append(std::to_string(bar.revision))
      .append(" O ")
      .append(decimal(bar.open.units, 9))
      .append(" H ")
      .append(decimal(bar.high.units, 9));
  text.append(" L ").append(decimal(bar.low.units, 9)).append(" C ").append(decimal(bar.close.units, 9));
  text.append(" V ").append((bar.known & market::known::kVolume) != 0 ? decimal(bar.volume, 6) : "?");
  text.append(" n ").append(std::to_string(bar.trade_count));
  text.append(" vwap ").append((bar.known & market::known::kVwap) != 0 ? decimal(bar.vwap.units, 9) : "?");
  if (bar.quality != 0) text.append(" ").append(market::quality_names(bar.quality));
  return text;
}

std::vector<std::string> outcome_of(const Scenario& scenario) {
  const auto tape = tape::make_memory_tape();
  runtime::ScriptedSource source("scenario", false);
  source.script = scenario.events;
  runtime::PipelineOptions options;
  options.ingest.settings = options.shard.settings = scenario.settings;
  options.one_thread = true;
  options.shard.make_operators = [](const engine::Settings& settings) {
    std::vector<std::unique_ptr<flow::Operator>> operators;
    operators.push_back(analytics::make_bar_builder(settings));
    return operators;
  };
  const std::atomic<bool> stop = false;
  const auto end = runtime::run_pipeline(
      options, {*tape, &source, {}, base::system_clock(), base::system_disk(), stop}, {});
  EXPECT_TRUE(end.ok());
  std::vector<std::string> lines;
  auto reader = tape->read(flow::Topic::bars, 0, flow::Offset{});
  flow::TapeBatch batch;
  while ((*reader)->next(batch).value()) {
    const market::BatchView<market::BarRow> view(batch.bytes);
    for (const market::BarRow& bar : view.rows()) lines.push_back(line_of(view.string(bar.symbol), bar));
  }
  const flow::Ledger total = runtime::collect_status(*tape, 1)->total;
  std::string ledger = "ledger";
  for (const auto& [name, count] :
       {std::pair{"used", total.used}, std::pair{"duplicate", total.duplicate},
        std::pair{"late_revised", total.late_revised}, std::pair{"late_kept", total.late_kept}})
    if (count > 0) ledger.append(" ").append(name).append(" ").append(std::to_string(count));
  lines.push_back(ledger);
  return lines;
}

class Scenarios : public testing::TestWithParam<std::string> {};

TEST_P(Scenarios, GiveTheBarsTheySay) {
  const Scenario scenario =
      read_scenario(tests::repository() / "tests" / "scenarios" / (GetParam() + ".scn"));
  ASSERT_FALSE(scenario.expected.empty());
  EXPECT_EQ(outcome_of(scenario), scenario.expected);
}

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(tests::repository() / "tests" / "scenarios"))
    if (entry.path().extension() == ".scn") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, Scenarios, testing::ValuesIn(scenario_names()),
                         [](const auto& scenario) { return scenario.param; });

}  // namespace
}  // namespace tickerhouse

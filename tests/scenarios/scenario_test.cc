// Each file *.scn beside this one is a case: what comes in and, after each line, what it makes. The top says
// the rule and where docs/semantics.md has it. Times are of 2026-01-05, UTC, unless they bring their date.
//
//   settings bound=5s allowed_lateness=2m intervals=1m,5m
//       may be left out: bound 5s, lateness 2m, intervals 1m
//   source NAME [merge]
//       what follows comes from it; "ticks" if none is named
//   10:00:01 AAPL 100.00 x 10 [id=T1] [seq=5]
//       a trade; "x ?" is one of unknown size
//   10:00:01 AAPL quote
//   10:00:01 AAPL 100.00 day 5000
//       a snapshot and the volume of its day so far, "day ?" if unknown
//   end
//       of the source's input
//   bar AAPL 1m 10:00 final 0 O 1 H 1 L 1 C 1 V 10 n 1 vwap 1 late
//       what the line above made, in order; "?" is unknown
//   settled AAPL 1m 10:00 0
//       likewise: the last revision; a file without such lines does not tell of them
//   ledger received 3 used 2 late_revised 1
//       at the end; what is not named is 0
//
// Here shards are stepped after every line; that the same rows come out of one step is checked at the end.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "runtime/check/replay_check.h"
#include "runtime/ingest/ingest.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"
#include "tests/support/flow_fakes.h"
#include "tests/support/paths.h"

namespace tickerhouse {
namespace {

using namespace tests;  // NOLINT(google-build-using-namespace): the vocabulary of these tests
using Words = std::vector<std::string>;

Words words_in(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string joined(const Words& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

// The lines without comments; a reader who wonders why must find the rule on top.
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  std::string top;
  for (std::string line; std::getline(in, line);) {
    if (lines.empty() && line.starts_with("#")) top.append(line);
    line = joined(words_in(line.substr(0, line.find('#'))));
    if (!line.empty()) lines.push_back(line);
  }
  EXPECT_NE(top.find("docs/semantics.md"), std::string::npos) << "which rule is this about?";
  return lines;
}

void set(engine::Settings& settings, const std::string& assignment) {
  const std::size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  const std::string value = assignment.substr(equals + 1);
  if (key == "intervals") {
    settings.intervals.clear();
    std::istringstream in(value);
    for (std::string interval; std::getline(in, interval, ',');)
      settings.intervals.push_back(base::parse_duration(interval).value());
  } else if (key == "bound") {
    settings.bound = base::parse_duration(value).value();
  } else if (key == "allowed_lateness") {
    settings.allowed_lateness = base::parse_duration(value).value();
  } else {
    ADD_FAILURE() << "no such setting: " << assignment;
  }
}

Entry entry_of(const Words& words) {
  Entry entry = words.at(2) == "quote" ? quote(words[1], words[0])
                : words.at(3) == "day" ? snapshot(words[1], words[0], words[2], words.at(4))
                                       : trade(words[1], words[0], words[2], words.at(4));
  for (const std::string& word : words) {
    if (word.starts_with("id=")) entry.id = word.substr(3);
    if (word.starts_with("seq=")) entry.row.seq = std::stoll(word.substr(4));
  }
  return entry;
}

class Stage {
 public:
  Stage() { options_.settings = settings_of(1, {base::kMinute}); }

  // Does what the line says; the results it made.
  Words take(const std::string& line) {
    const Words words = words_in(line);
    if (words[0] == "settings") {
      for (std::size_t i = 1; i < words.size(); ++i) set(options_.settings, words[i]);
      EXPECT_TRUE(engine::problems_of(options_.settings).empty());
      return {};
    }
    if (words[0] == "source") {
      options_.merge = words.size() > 2 && words[2] == "merge";
      name_ = words.at(1);
      return {};
    }
    if (words[0] == "end") {
      source().at_end = flow::PollState::finished;
    } else {
      source().script.push_back(entry_of(words));
    }
    ingest_all(*tape_, source(), clock_, options_);
    run_shard(*tape_, options_.settings);
    return results();
  }

  std::string ledger() {
    const flow::Ledger ledger =
        runtime::ShardProgress::decode(flow::position_of(*tape_, runtime::shard_writer(0)).value())
            ->counts.ledger;
    std::string text = "ledger";
    const auto add = [&text](const char* name, std::uint64_t count) {
      if (count != 0) text.append(" ").append(name).append(" ").append(std::to_string(count));
    };
    add("received", ledger.received);
    add("used", ledger.used);
    add("duplicate", ledger.duplicate);
    add("late_revised", ledger.late_revised);
    add("late_kept", ledger.late_kept);
    EXPECT_TRUE(ledger.adds_up());
    return text;
  }

  void expect_replay_agrees() {
    const auto report = runtime::check_replay(*tape_, {options_.settings, 0, bar_operators}, {});
    EXPECT_TRUE(report.ok()) << report.error().message();
  }

 private:
  ScriptedSource& source() {
    auto& source = sources_[name_];
    if (source == nullptr) {
      source = std::make_unique<ScriptedSource>(name_, std::vector<Entry>());
      source->at_end = flow::PollState::idle;
    }
    return *source;
  }
  Words results() {
    Words lines;
    const Words bars = words_of(*tape_, flow::Topic::bars);
    lines.assign(bars.begin() + static_cast<std::ptrdiff_t>(bars_), bars.end());
    bars_ = bars.size();
    const Words settled = words_of(*tape_, flow::Topic::settled);
    for (; settled_ < settled.size(); ++settled_) {
      const Words bar = words_in(settled[settled_]);
      lines.push_back(joined({"settled", bar.at(1), bar.at(2), bar.at(3), bar.at(5)}));
    }
    return lines;
  }

  runtime::IngestOptions options_;
  std::unique_ptr<flow::Tape> tape_ = tape::make_memory_tape();
  FakeClock clock_;
  std::string name_ = "ticks";
  std::map<std::string, std::unique_ptr<ScriptedSource>> sources_;
  std::size_t bars_ = 0;
  std::size_t settled_ = 0;
};

std::vector<std::filesystem::path> scenarios() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(repository() / "tests/scenarios"))
    if (entry.path().extension() == ".scn") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

class Scenario : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Scenario, HappensAsWritten) {
  const std::vector<std::string> script = lines_of(GetParam());
  ASSERT_FALSE(script.empty());
  const bool tells_settled =
      std::any_of(script.begin(), script.end(), [](const auto& l) { return l.starts_with("settled "); });
  Stage stage;
  std::string happened;
  std::string written;
  for (const std::string& line : script) {
    written.append(line).append("\n");
    if (line.starts_with("bar ") || line.starts_with("settled ")) continue;
    if (line.starts_with("ledger")) {
      happened.append(stage.ledger()).append("\n");
      continue;
    }
    happened.append(line).append("\n");
    for (const std::string& result : stage.take(line))
      if (tells_settled || !result.starts_with("settled ")) happened.append(result).append("\n");
  }
  EXPECT_EQ(happened, written) << "happened:\n" << happened;
  stage.expect_replay_agrees();
}

std::string scenario_name(const testing::TestParamInfo<std::filesystem::path>& scenario) {
  return scenario.param.stem().string();
}
INSTANTIATE_TEST_SUITE_P(File, Scenario, testing::ValuesIn(scenarios()), scenario_name);

}  // namespace
}  // namespace tickerhouse

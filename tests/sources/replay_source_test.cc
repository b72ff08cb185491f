// Replays that stop and go on, at every record: what comes after is what would have come.
#include "sources/replay_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/sources/input_support.h"
#include "tests/sources/simulator_support.h"

namespace tickerhouse::sources {
namespace {

using Texts = std::vector<std::string>;

// ReplayOptions of which one names only some.
struct Asked {
  Texts paths;
  formats::Mapping mapping = {};
  bool follow = false;
  bool sort = false;
  std::vector<KnownInput> known = {};
};

base::Result<OpenedInput> try_open(const Asked& asked) {
  return open_replay({asked.paths, asked.mapping, asked.follow, asked.sort, asked.known});
}

OpenedInput opened(const Asked& options) {
  auto replay = try_open(options);
  CHECK(replay.ok());
  return std::move(*replay);
}

Outcome run_replay(OpenedInput replay, std::size_t step) { return run(*replay.source, step); }

// What is left for a new process that knows `position`.
Outcome go_on(Asked options, const std::string& source, const std::string& position, std::size_t step) {
  options.known = {{source, position}};
  OpenedInput replay = opened(options);
  CHECK(replay.known);
  CHECK(replay.source->restore(position).ok());
  return run_replay(std::move(replay), step);
}

base::Status refusal(Asked options, const std::string& position) {
  options.known = {{"a", position}};
  auto replay = try_open(options);
  if (!replay.ok()) return replay.error();
  if (!replay->known) return base::Error{base::ErrorCode::not_found, "another input", ""};
  RETURN_IF_ERROR(replay->source->restore(position));
  flow::SourceBatch batch;
  const auto state = replay->source->poll(1, batch);
  return state.ok() ? base::Status() : base::Status(state.error());
}

// The same records by any step, and the rest of them from every position.
void expect_goes_on_anywhere(const Asked& options, std::size_t records) {
  const Outcome whole = run_replay(opened(options), 1);
  ASSERT_EQ(whole.records.size(), records);
  for (const std::size_t step : {2U, 3U, 16'384U})
    EXPECT_EQ(texts(run_replay(opened(options), step).records), texts(whole.records));
  for (std::size_t taken = 1; taken <= records; ++taken) {
    const Outcome rest = go_on(options, whole.name, whole.records[taken - 1].position, taken % 3 + 1);
    ASSERT_EQ(texts(rest.records), texts_from(whole.records, taken)) << "after " << taken;
    EXPECT_EQ(rest.state, whole.state);
    EXPECT_EQ(rest.end, whole.end) << "after " << taken;
    EXPECT_EQ(rest.name, whole.name);
  }
  EXPECT_TRUE(go_on(options, whole.name, whole.end, 1).records.empty());
}

constexpr std::string_view kCsv =
    "symbol,price,volume,ts\n"
    "AAPL,1,1,1970-01-01T00:00:01Z\n"
    "\n"
    "MSFT,2.5,3,1970-01-01T00:00:02Z\r\n"
    "MSFT,-1,3,1970-01-01T00:00:02Z\n"
    "broken\n"
    " \t\r\n"
    "AAPL,3,1,1970-01-01T00:00:03Z\n"
    "AAPL,4,1,1970-01-01T00:00:04Z";

const std::string kFinnhub =
    R"({"type":"ping"})"
    "\n\n"
    R"({"type":"trade","data":[{"s":"A","p":1,"v":1,"t":1000},{"s":"B","p":2,"v":1,"t":2000},7,{"s":"C","p":3,"v":1,"t":3000}]})"
    "\n"
    R"({"symbol":"A","price":2,"ts_epoch_ms":4000,"trade_id":"an id that is longer than a row keeps"})"
    "\nnot json\n"
    R"({"type":"trade","data":[{"s":"A","p":1,"v":1,"t":5000},{"s":"B","p":2,"v":1,"t":6000}]})"
    "\n";

// `count` records of one second each, from the second `first` on.
std::string csv(std::size_t count, std::size_t first = 0, std::size_t stride = 1) {
  std::string text = "symbol,price,ts_epoch_ms\n";
  for (std::size_t i = 0; i < count; ++i)
    text.append("S")
        .append(std::to_string(i % 7))
        .append(",")
        .append(std::to_string(i + 1))
        .append(",")
        .append(std::to_string((first + i * stride) * 1'000))
        .append("\n");
  return text;
}

TEST(Replay, GoesOnAfterEveryRecordOfAFile) {
  const Folder folder;
  expect_goes_on_anywhere({.paths = {folder.write("a", kCsv)}}, 6);
  expect_goes_on_anywhere({.paths = {folder.write("b", "\xEF\xBB\xBF" + std::string(kCsv))}}, 6);
  expect_goes_on_anywhere({.paths = {folder.write("c", kFinnhub)}}, 8);
  expect_goes_on_anywhere({.paths = {folder.write("d.gz", gzip(kFinnhub))}}, 8);
  expect_goes_on_anywhere({.paths = {folder.write("e", "\xEF\xBB\xBF\r\n\n" + kFinnhub + "\n\n\n")}}, 8);
  expect_goes_on_anywhere({.paths = {folder.write("f", "\n\n \n" + std::string(kCsv) + "\n\n")}}, 6);
}

TEST(Replay, GoesOnAfterEveryRecordOfMergedFiles) {
  const Folder folder;
  const std::string even = folder.write("even", csv(12, 0, 2));
  const std::string odd = folder.write("odd.gz", gzip(csv(12, 1, 2)));
  const std::string messages = folder.write("messages", kFinnhub);
  expect_goes_on_anywhere({.paths = {even, odd}}, 24);
  expect_goes_on_anywhere({.paths = {odd, messages, even}}, 32);
  expect_goes_on_anywhere({.paths = {folder.write("plain", kCsv), messages}}, 14);
  expect_goes_on_anywhere({.paths = {odd, messages, even}, .sort = true}, 32);
  const Outcome merged = run_replay(opened({.paths = {even, odd}}), 5);
  for (std::size_t i = 0; i < merged.records.size(); ++i)
    EXPECT_NE(merged.records[i].what.find(" ts=" + std::to_string(i * 1'000'000'000) + " "),
              std::string::npos);
}

// docs/semantics.md 6: the file whose next record has the least time, one without a time at once, ties by the
// order of the command; no file is reordered.
TEST(Replay, MergesByTheNextRecordOfEachFile) {
  const Folder folder;
  const std::string a =
      folder.write("fa", "symbol,price,ts_epoch_ms\nA,1,5000\nA,1,1000\nA,1,6000\nA,0,9000\n");
  const std::string b =
      folder.write("fb", "symbol,price,ts_epoch_ms\nB,1,5000\nB,1,5500\nB,x,9000\nB,1,6000\n");
  const auto place = [](const Seen& seen) {  // file:line
    return seen.what.substr(std::min(seen.what.find("fa:"), seen.what.find("fb:")), 4) + " ";
  };
  std::string order;
  for (const Seen& seen : run_replay(opened({.paths = {a, b}}), 100).records) {
    order.append(place(seen));
  }
  EXPECT_EQ(order, "fa:2 fa:3 fb:2 fb:3 fb:4 fa:4 fa:5 fb:5 ");
  order.clear();
  for (const Seen& seen : run_replay(opened({.paths = {a, b}, .sort = true}), 100).records) {
    order.append(place(seen));
  }
  EXPECT_EQ(order, "fa:5 fb:4 fa:3 fa:2 fb:2 fb:3 fa:4 fb:5 ");
}

TEST(Replay, GoesOnBesideALineThatIsTooLong) {
  const Folder folder;
  const std::string line(kLineMax + 1'500'000, 'x');
  const std::string a =
      folder.write("a", csv(3, 0, 2) + line + "\r\n" + csv(4, 1, 2).substr(25) + line + "x");
  const std::string b = folder.write("b", csv(6));
  expect_goes_on_anywhere({.paths = {a}}, 9);
  expect_goes_on_anywhere({.paths = {b, a}}, 15);
}

TEST(Replay, GoesOnBehindAFirstLineThatIsTooLong) {
  const Folder folder;
  const std::string line(kLineMax + 3, 'x');
  const std::string a = folder.write("a", line + "\n" + csv(3));
  expect_goes_on_anywhere({.paths = {a}}, 4);
  expect_goes_on_anywhere({.paths = {folder.write("b", csv(2, 1)), a}}, 6);
}

TEST(Replay, TheSameBytesAreTheSameInputWhateverTheirName) {
  const Folder folder;
  const std::string bytes = csv(5'000);
  const Outcome whole = run_replay(opened({.paths = {folder.write("a", bytes)}}), 1'000);
  const std::string& middle = whole.records[1'999].position;
  const Texts rest = texts_from(whole.records, 2'000);
  for (const std::string& path : {folder.write("other", bytes), folder.write("zipped", gzip(bytes)),
                                  folder.write("longer", bytes + "A,1,9000000\n")}) {
    const Outcome later = go_on({.paths = {path}}, "a", middle, 700);
    EXPECT_EQ(later.name, "a");
    Texts got = texts(later.records);
    got.resize(rest.size());
    EXPECT_EQ(got, rest) << path;  // rejects and origins name the file as it was first called
  }
  EXPECT_FALSE(opened({.paths = {folder.write("c", "x" + bytes)}, .known = {{"a", middle}}}).known);
  const OpenedInput other = opened({.paths = {folder.write("a", "x" + bytes)}, .known = {{"a", middle}}});
  EXPECT_FALSE(other.known);
  EXPECT_EQ(other.source->info().name, "a#2");
}

TEST(Replay, TheLongestKnownBeginningWins) {
  const Folder folder;
  const std::string bytes = csv(100);
  const Outcome brief =
      run_replay(opened({.paths = {folder.write("brief", bytes.substr(0, bytes.find('\n', 200) + 1))}}), 7);
  const Outcome longer = run_replay(opened({.paths = {folder.write("longer", bytes)}}), 7);
  const std::string path = folder.write("now", bytes + "A,1,9000000\n");
  for (const std::vector<KnownInput>& known :
       {std::vector<KnownInput>{{"brief", brief.end}, {"longer", longer.end}},
        std::vector<KnownInput>{{"longer", longer.end}, {"brief", brief.end}}}) {
    OpenedInput replay = opened({.paths = {path}, .known = known});
    EXPECT_TRUE(replay.known);
    EXPECT_EQ(replay.source->info().name, "longer");
    ASSERT_TRUE(replay.source->restore(longer.end).ok());
    EXPECT_EQ(run_replay(std::move(replay), 7).records.size(), 1U);
  }
}

TEST(Replay, OtherBytesBeforeThePositionAreRefused) {
  const Folder folder;
  const std::string bytes = csv(8'000);
  ASSERT_GT(bytes.size(), 100'000U);
  const std::string path = folder.write("a", bytes);
  const Outcome whole = run_replay(opened({.paths = {path}}), 500);
  const auto status = [&](const std::string& now) {
    folder.write("a", now);
    return refusal({.paths = {path}}, whole.end);
  };
  EXPECT_TRUE(status(bytes).ok());
  for (const std::size_t at : {std::size_t{65'536}, std::size_t{90'000}, bytes.size() - 1}) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const base::Status refused = status(changed);
    ASSERT_FALSE(refused.ok()) << at;
    EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
    EXPECT_NE(refused.error().what.find(std::to_string(bytes.size())),
              std::string::npos);  // names the offset
  }
  for (const std::size_t size : {bytes.size() - 1, std::size_t{65'536}}) {
    const base::Status refused = status(bytes.substr(0, size));
    ASSERT_FALSE(refused.ok()) << size;
    EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  }
}

// The columns of this file stand behind its identity, so the lines before are read again when it goes on.
TEST(Replay, OtherBytesBeforeLateColumnsAreRefused) {
  const Folder folder;
  const std::string head(100'000, '\n');
  const std::string path = folder.write("a", head + csv(3));
  const Outcome whole = run_replay(opened({.paths = {path}}), 1);
  folder.write("a", head + std::string(kLineMax + 2'000'000, 'x') + "\n" + csv(3));
  const base::Status refused = refusal({.paths = {path}}, whole.end);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);

  const std::string first(kLineMax + 10, 'x');
  folder.write("a", first + "\n" + csv(3));
  const Outcome tall = run_replay(opened({.paths = {path}}), 1);
  folder.write("a", first + std::string(3'000'000, 'x') + "\n" + csv(3));
  const base::Status taller = refusal({.paths = {path}}, tall.records.front().position);
  ASSERT_FALSE(taller.ok());
  EXPECT_EQ(taller.error().code, base::ErrorCode::configuration);
}

TEST(Replay, ASetOfFilesBelongsTogether) {
  const Folder folder;
  const std::string a = folder.write("a", csv(5, 0));
  const std::string b = folder.write("b", csv(5, 1));
  const std::string c = folder.write("c", csv(5, 2));
  const Outcome both = run_replay(opened({.paths = {a, b}}), 2);
  for (const Texts& paths : {Texts{a}, Texts{b}, Texts{a, c}, Texts{c, b}, Texts{a, b, c}, Texts{a, a}}) {
    const auto refused = try_open({.paths = paths, .known = {{"a", both.end}}});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, base::ErrorCode::configuration);
  }
  EXPECT_FALSE(opened({.paths = {c}, .known = {{"a", both.end}}}).known);
  // In another order they are the same set; ties go by the first command's.
  const Outcome again = go_on({.paths = {b, a}}, "a", both.records[1].position, 1);
  EXPECT_EQ(texts(again.records), texts_from(both.records, 2));
}

TEST(Replay, ACutFileGoesOnWhenItIsWhole) {
  const Folder folder;
  const std::string bytes = csv(3) + std::string(kLineMax + 900'000, 'x') + "\n" + csv(3, 9).substr(25);
  const std::string stored = gzip(csv(3) + std::string(kLineMax + 400'000, 'x'));
  // A member that ends inside the long line, then one that is cut in its header.
  const std::string path = folder.write("a.gz", stored + "\x1f\x8b");
  const Outcome cut = run_replay(opened({.paths = {path}}), 2);
  EXPECT_EQ(cut.state, flow::PollState::cut_off);
  EXPECT_EQ(cut.records.size(), 3U);
  folder.write("a.gz", stored + gzip(std::string(500'000, 'x') + "\n" + csv(3, 9).substr(25)));
  const Outcome rest = go_on({.paths = {path}}, "a", cut.end, 2);
  EXPECT_EQ(rest.state, flow::PollState::finished);
  const Outcome whole = run_replay(opened({.paths = {folder.write("a", bytes)}}), 2);
  EXPECT_EQ(texts(rest.records), texts_from(whole.records, 3));
}

TEST(Replay, MistakesAreNamedBeforeAnythingIsRead) {
  const Folder folder;
  EXPECT_EQ(try_open({.paths = {folder.path("none")}}).error().code, base::ErrorCode::not_found);
  EXPECT_EQ(try_open({.paths = {folder.write("a", csv(1)), folder.path("none")}}).error().code,
            base::ErrorCode::not_found);
  Asked zone{.paths = {folder.path("a")}};
  zone.mapping.zone = "Nowhere/City";
  EXPECT_EQ(try_open(zone).error().code, base::ErrorCode::configuration);
}

formats::Mapping mapping(const formats::MappingText& text) {
  formats::Mapping compiled;
  CHECK(formats::compile_mapping(text, compiled).empty());
  return compiled;
}

formats::Mapping price_in(const std::string& column) {
  formats::MappingText text;
  text.fields = {{"symbol", "symbol"}, {"price", column}, {"ts_epoch_ms", "ts_epoch_ms"}};
  return mapping(text);
}

TEST(Replay, AColumnThatTheHeaderLacksIsAMistakeWhereverTheHeaderStands) {
  const Folder folder;
  // Behind what is looked at when the file is opened, and behind a reject that is already in the batch.
  for (const std::string& before : {std::string(), std::string("\n\n"), std::string(70'000, '\n'),
                                    std::string(2'000'000, '\n'), std::string(kLineMax + 9, 'x') + "\n"}) {
    Asked options{.paths = {folder.write("a", before + csv(3))}, .mapping = price_in("cost")};
    auto replay = try_open(options);
    base::Status status = replay.ok() ? base::Status() : base::Status(replay.error());
    std::vector<Seen> seen;
    flow::SourceBatch batch;
    for (int polls = 0; status.ok() && polls < 5; ++polls) {
      batch.clear();
      const auto state = replay->source->poll(10, batch);
      if (!state.ok()) {
        status = state.error();
      } else {
        describe(batch, seen);
      }
    }
    ASSERT_FALSE(status.ok()) << before.size();
    EXPECT_EQ(status.error().code, base::ErrorCode::configuration);
    EXPECT_NE(status.error().what.find("cost"), std::string::npos);
    EXPECT_EQ(seen.size(), before.size() > kLineMax ? 1U : 0U)
        << before.size();  // nothing read by wrong columns
    options.mapping = price_in("price");
    EXPECT_EQ(run_replay(opened(options), 10).records.size(), before.size() > kLineMax ? 4U : 3U)
        << before.size();
  }
}

// The header is not judged by the part of it that the first 64 KiB hold.
TEST(Replay, AHeaderThatStandsAcrossTheEndOfTheHead) {
  const Folder folder;
  for (const std::size_t before :
       {65'536U - 30U, 65'536U - 25U, 65'536U - 24U, 65'536U - 10U, 65'536U - 1U, 65'536U}) {
    const std::string path = folder.write("a", std::string(before, '\n') + csv(3));
    auto replay = try_open({.paths = {path}, .mapping = price_in("price")});
    ASSERT_TRUE(replay.ok()) << before << ": " << replay.error().message();
    EXPECT_EQ(run_replay(std::move(*replay), 10).records.size(), 3U) << before;
  }
  // Nor by what has been written of it so far.
  const std::string path = folder.write("b", "\nsymbol,pr");
  auto replay = try_open({.paths = {path}, .mapping = price_in("price"), .follow = true});
  ASSERT_TRUE(replay.ok()) << replay.error().message();
  folder.append("b", csv(2).substr(9));
  std::vector<Seen> seen;
  EXPECT_EQ(drain(*replay->source, 10, seen), flow::PollState::idle);
  EXPECT_EQ(seen.size(), 2U);
}

TEST(Replay, LocalTimesAreThoseOfTheMappingsZone) {
  const Folder folder;
  formats::MappingText text;
  text.zone = "America/New_York";
  const std::string path = folder.write("a",
                                        "symbol,price,ts\n"
                                        "A,1,2026-03-08T01:59:59\n"
                                        "A,1,2026-03-08T02:30:00\n"
                                        "A,1,2026-03-08T03:00:00\n"
                                        "A,1,2026-03-08T03:00:00Z\n"
                                        "A,1,2026-11-01T01:30:00\n"
                                        "A,1,2262-04-10T23:00:00\n");
  std::string all;
  for (const Seen& seen : run_replay(opened({.paths = {path}, .mapping = mapping(text)}), 10).records) {
    const std::size_t at = seen.what.find(" ts=");
    all.append(at == std::string::npos ? seen.what.substr(7, 8)
                                       : seen.what.substr(at + 4, seen.what.find(' ', at + 4) - at - 13));
    all.append(" ");
  }
  // 06:59:59Z, never, 07:00:00Z, 03:00:00Z, the first 01:30, beyond what is readable
  EXPECT_EQ(all, "1772953199 bad_time 1772953200 1772938800 1793511000 bad_time ");
}

TEST(Replay, ExcludedLinesAreCountedOnce) {
  const Folder folder;
  formats::MappingText text;
  text.where = {"symbol = S1"};
  const std::string path = folder.write("a", csv(20));
  for (const bool sort : {false, true})
    for (const std::size_t step : {1U, 2U, 100U}) {
      const Asked options{.paths = {path}, .mapping = mapping(text), .sort = sort};
      const Outcome whole = run_replay(opened(options), step);
      EXPECT_EQ(whole.records.size(), 3U);
      EXPECT_EQ(whole.skipped, 17U);
      EXPECT_EQ(go_on(options, "a", whole.end, step).skipped, 0U);
    }
  text.where = {"symbol = NONE"};
  for (const bool sort : {false, true}) {
    const Asked options{.paths = {path}, .mapping = mapping(text), .sort = sort};
    const Outcome none = run_replay(opened(options), 10);
    EXPECT_EQ(none.skipped, 20U);
    EXPECT_EQ(go_on(options, "a", none.end, 10).skipped, 0U) << sort;
  }
}

TEST(Replay, ASortedInputDoesNotChange) {
  const Folder folder;
  const std::string bytes = csv(8'000, 4'000);
  const std::string path = folder.write("a", bytes);
  const Outcome whole = run_replay(opened({.paths = {path}, .sort = true}), 100);
  EXPECT_EQ(refusal({.paths = {path}}, whole.end).error().code, base::ErrorCode::configuration);
  EXPECT_TRUE(refusal({.paths = {path}, .sort = true}, whole.end).ok());
  EXPECT_EQ(
      refusal({.paths = {path}, .sort = true}, run_replay(opened({.paths = {path}}), 100).end).error().code,
      base::ErrorCode::configuration);
  std::string changed = bytes;
  changed[changed.size() - 2] = '7';
  folder.write("a", changed);
  EXPECT_EQ(refusal({.paths = {path}, .sort = true}, whole.records[150].position).error().code,
            base::ErrorCode::configuration);
}

TEST(Replay, AFollowedFileGoesOnAsItGrows) {
  const Folder folder;
  const std::string bytes = csv(4);
  folder.write("a", "");
  OpenedInput replay = opened({.paths = {folder.path("a")}, .follow = true});
  std::vector<Seen> seen;
  for (const char c : bytes) {
    EXPECT_EQ(drain(*replay.source, 10, seen), flow::PollState::idle);
    folder.append("a", std::string(1, c));
  }
  EXPECT_EQ(drain(*replay.source, 10, seen), flow::PollState::idle);
  EXPECT_EQ(texts(seen), texts(run_replay(opened({.paths = {folder.path("a")}}), 10).records));
  for (std::size_t taken = 1; taken <= seen.size(); ++taken) {
    OpenedInput later =
        opened({.paths = {folder.path("a")}, .follow = true, .known = {{"a", seen[taken - 1].position}}});
    ASSERT_TRUE(later.known);
    ASSERT_TRUE(later.source->restore(seen[taken - 1].position).ok());
    std::vector<Seen> rest;
    EXPECT_EQ(drain(*later.source, 10, rest), flow::PollState::idle);
    EXPECT_EQ(texts(rest), texts_from(seen, taken));
  }
}

// A pipe whose writer rests between its pieces, longer than a read waits.
class SlowPipe {
 public:
  SlowPipe(const Folder& folder, std::vector<std::string> pieces) : path_(folder.path("pipe")) {
    std::filesystem::remove(path_);
    CHECK(::mkfifo(path_.c_str(), 0600) == 0);
    writer_ = std::thread([path = path_, pieces = std::move(pieces)] {
      std::ofstream out(path, std::ios::binary);
      for (const std::string& piece : pieces) {
        out << piece << std::flush;
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
      }
    });
  }
  ~SlowPipe() { writer_.join(); }
  SlowPipe(const SlowPipe&) = delete;
  SlowPipe& operator=(const SlowPipe&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::thread writer_;
};

TEST(Replay, GoesOnInsideAMessageOfASlowPipe) {
  const Folder folder;
  std::string messages(70'000, '\n');
  messages.append(kFinnhub);
  const Outcome whole = run_replay(opened({.paths = {folder.write("a", messages)}}), 1);
  ASSERT_EQ(whole.records.size(), 8U);
  const std::size_t inside = messages.find(R"("s":"B")");
  const SlowPipe pipe(folder, {messages.substr(0, inside), messages.substr(inside)});
  auto replay = try_open({.paths = {pipe.path()}, .known = {{"a", whole.records[1].position}}});
  ASSERT_TRUE(replay.ok());
  ASSERT_TRUE(replay->known);
  ASSERT_TRUE(replay->source->restore(whole.records[1].position).ok());
  std::vector<Seen> rest;
  while (drain(*replay->source, 10, rest) == flow::PollState::idle) continue;
  EXPECT_EQ(texts(rest), texts_from(whole.records, 2));
}

}  // namespace
}  // namespace tickerhouse::sources

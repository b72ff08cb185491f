// The store when its process is killed, and beside another one.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <string>
#include <thread>
#include <vector>

#include "tests/contract/sink_contract.h"
#include "tests/sinks/support.h"

extern char** environ;

namespace tickerhouse::sinks {
namespace {

// sinks_child with its output on a pipe. Killed, if it still runs, when this goes.
class Child {
 public:
  Child(std::string what, std::string path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    std::array<char, PATH_MAX> self{};
    const ssize_t size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
    std::string program(self.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    program = program.substr(0, program.rfind('/')) + "/sinks_child";
    std::array<char*, 4> words = {program.data(), what.data(), path.data(), nullptr};
    if (::posix_spawn(&pid_, program.c_str(), &actions, nullptr, words.data(), environ) != 0) pid_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    out_ = ::fdopen(ends[0], "r");
  }
  ~Child() {
    kill();
    if (out_ != nullptr) std::fclose(out_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string line() {
    std::array<char, 64> text{};
    if (out_ == nullptr || std::fgets(text.data(), text.size(), out_) == nullptr) return {};
    std::string line = text.data();
    if (!line.empty() && line.back() == '\n') line.pop_back();
    return line;
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  std::FILE* out_ = nullptr;
};

constexpr const char* kContent =
    "SELECT (SELECT count(*) FROM bars), (SELECT count(DISTINCT (symbol, window_start_ns)) FROM bars), "
    "(SELECT count(*) FROM bars WHERE revision = 1), (SELECT sum(trade_count) FROM bars), (SELECT count(*) "
    "FROM late), "
    "(SELECT count(DISTINCT seq) FROM late), (SELECT count(*) FROM rejects), (SELECT count(DISTINCT line) "
    "FROM rejects)";

// What the rows [0, rows) of every topic leave, in a store that nobody killed.
std::string expected_content(std::uint64_t rows) {
  const TemporaryFolder folder;
  DuckdbStoreOptions options;
  options.path = folder / "store.duckdb";
  auto store = ok(open_duckdb_store(options));
  ok(store->sink().restore());
  for (const flow::Topic topic : store->sink().info().topics)
    ok(contract::apply_rows(store->sink(), {topic, 0}, 0, rows, 1'000));
  ok(store->sink().flush());
  store.reset();
  return rows_of(kContent, options.path).at(0);
}

TEST(DuckdbProcess, KilledAnywhereRowsAndPositionAgree) {
  constexpr int kRounds = 12;
  const TemporaryFolder folder;
  const std::string path = folder / "store.duckdb";
  std::uint64_t reported = 0;
  for (int round = 0; round < kRounds; ++round) {
    {
      Child child("write", path);
      for (int i = 0; i <= round % 4; ++i) {
        const std::string line = child.line();
        ASSERT_FALSE(line.empty());
        reported = std::stoull(line);
      }
      // Anywhere in the next flush, not at its beginning: no condition could be waited for.
      std::this_thread::sleep_for(std::chrono::microseconds(700 * round));
      child.kill();
      for (std::string line = child.line(); !line.empty(); line = child.line()) reported = std::stoull(line);
    }
    DuckdbStoreOptions options;
    options.path = path;
    auto store = ok(open_duckdb_store(options));
    ASSERT_NE(store, nullptr);
    flow::SinkPosition position = ok(store->sink().restore());
    store.reset();
    const std::uint64_t rows = position[{flow::Topic::bars, 0}].value;
    EXPECT_GE(rows, reported);
    EXPECT_LE(rows, reported + 300);
    for (const auto& [place, next] : position) EXPECT_EQ(next.value, rows);
    EXPECT_EQ(rows_of(kContent, path).at(0), expected_content(rows));
  }
}

TEST(DuckdbProcess, AnotherProcessFindsItBusy) {
  const TemporaryFolder folder;
  DuckdbStoreOptions options;
  options.path = folder / "store.duckdb";
  auto store = ok(open_duckdb_store(options));
  EXPECT_EQ(Child("open", options.path).line(), std::to_string(static_cast<int>(base::ErrorCode::busy)));
  store.reset();
  EXPECT_EQ(Child("open", options.path).line(), "ok");
}

}  // namespace
}  // namespace tickerhouse::sinks

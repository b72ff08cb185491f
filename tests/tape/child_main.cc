// The other process of the tests: tape_child WHAT DIRECTORY ...
//
// - write DIRECTORY os|fsync: commits without end, saying "N" after commit N returned; goes on where the tape
// stands.
//
// - count DIRECTORY: opens for reading, prints the rows of events 0 and bars 1 and the writer's position.
//
// - follow DIRECTORY ROWS: opens for reading, says "ready", waits until events 0 holds ROWS rows, prints them
// as count does.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "tape/lmdb_tape.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse {
namespace {

int fail(const base::Error& error) {
  std::fprintf(stderr, "%s\n", error.message().c_str());
  return 1;
}

int write(const std::string& directory, tape::Durability durability) {
  auto tape = tape::open_lmdb_tape({.directory = directory, .durability = durability, .low_disk_bytes = 1});
  if (!tape.ok()) return fail(tape.error());
  auto position = flow::position_of(**tape, "w");
  if (!position.ok()) return fail(position.error());
  for (int i = position->empty() ? 0 : std::stoi(*position);; ++i) {
    const std::string small = contract::numbered_batch(i * 10, 10);
    const std::string large = contract::numbered_batch(i * 100, 100);
    const std::array<flow::Append, 2> appends = {flow::Append{flow::Topic::events, 0, small},
                                                 flow::Append{flow::Topic::bars, 1, large}};
    const std::string before = i == 0 ? std::string() : std::to_string(i);
    const std::string after = std::to_string(i + 1);
    const auto outcome =
        (*tape)->commit({.writer = "w", .before = before, .after = after, .appends = appends});
    if (!outcome.ok()) return fail(outcome.error());
    std::printf("%d\n", i + 1);
    std::fflush(stdout);
  }
}

// The numbers must be 0, 1, 2, ...; -1 if they are not.
base::Result<std::int64_t> count(flow::TapeReader& reader, std::int64_t expected) {
  for (;;) {
    flow::TapeBatch batch;
    ASSIGN_OR_RETURN(const bool more, reader.next(batch));
    if (!more) return expected;
    for (const market::EventRow& row : market::EventBatchView(batch.bytes).rows())
      if (row.seq != expected++) return std::int64_t{-1};
  }
}

int read(const std::string& directory, std::int64_t rows) {
  auto tape = tape::open_lmdb_tape({.directory = directory, .read_only = true});
  if (!tape.ok()) return fail(tape.error());
  auto events = (*tape)->read(flow::Topic::events, 0, {});
  auto bars = (*tape)->read(flow::Topic::bars, 1, {});
  if (!events.ok() || !bars.ok()) return 1;
  if (rows > 0) {
    std::puts("ready");
    std::fflush(stdout);
  }
  auto seen = count(**events, 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (seen.ok() && *seen >= 0 && *seen < rows && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    seen = count(**events, *seen);
  }
  if (!seen.ok()) return fail(seen.error());
  auto other = count(**bars, 0);
  if (!other.ok()) return fail(other.error());
  auto position = flow::position_of(**tape, "w");
  if (!position.ok()) return fail(position.error());
  std::printf("%lld %lld %s\n", static_cast<long long>(*seen), static_cast<long long>(*other),
              position->c_str());
  return 0;
}

int run(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  const std::string directory = count > 2 ? words[2] : "";
  const std::string_view word = count > 3 ? words[3] : "";
  if (what == "write") return write(directory, word == "os" ? tape::Durability::os : tape::Durability::fsync);
  if (what == "count") return read(directory, 0);
  if (what == "follow") return read(directory, std::stoll(std::string(word)));
  return 64;
}

}  // namespace
}  // namespace tickerhouse

int main(int argc, char** argv) { return tickerhouse::run(argc, argv); }

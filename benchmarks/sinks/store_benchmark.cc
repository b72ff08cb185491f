// The store's way from a batch to durable rows. A flush has 64 Ki rows, as a host gives them, or 100, as a
// quiet market does.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "market/batch_builder.h"
#include "sinks/duckdb_store.h"

namespace tickerhouse::sinks {
namespace {

constexpr std::int64_t kSymbols = 500;

std::string bars(std::uint64_t first, std::uint64_t count, std::int64_t first_window,
                 std::uint32_t revision) {
  market::BatchBuilder<market::BarRow> builder;
  for (std::uint64_t i = 0; i < count; ++i) {
    market::BarRow& bar = builder.rows.emplace_back();
    bar.interval = base::kMinute;
    bar.window_start = (first_window + static_cast<std::int64_t>(i) / kSymbols) * base::kMinute;
    bar.window_end = bar.window_start + base::kMinute;
    bar.open = bar.high = bar.low =
        bar.close = {150'000'000'000 + static_cast<std::int64_t>(i % 997) * 10'000'000};
    bar.volume = static_cast<base::Int128>(i) * 1'000'000;
    bar.known = market::known::kVolume;
    bar.revision = revision;
    bar.state = revision == 0 ? market::BarState::final : market::BarState::revised;
    bar.symbol = builder.strings.intern(
        std::string("S").append(std::to_string(static_cast<std::int64_t>(i) % kSymbols)));
  }
  std::string bytes;
  builder.seal(bytes, first);
  return bytes;
}

// range(0): rows of a flush; range(1): 1 if each flush revises the rows of the last one.
void flush(benchmark::State& state) {
  const auto rows = static_cast<std::uint64_t>(state.range(0));
  std::string folder = (std::filesystem::temp_directory_path() / "tickerhouse-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return state.SkipWithError("no folder");
  DuckdbStoreOptions options;
  options.path = folder + "/store.duckdb";
  auto store = open_duckdb_store(options);
  if (!store.ok() || !(*store)->sink().restore().ok()) return state.SkipWithError("no store");
  std::uint64_t offset = 0;
  std::int64_t window = 0;
  std::uint32_t revision = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string bytes = bars(offset, rows, window, revision);
    flow::ResultBatch batch;
    batch.rows.bytes = market::BatchBytes::open(bytes).value();
    batch.rows.first = {offset};
    batch.rows.next = {offset += rows};
    if (state.range(1) == 1) {
      ++revision;
    } else {
      window += 1 + static_cast<std::int64_t>(rows) / kSymbols;
    }
    state.ResumeTiming();
    if (!(*store)->sink().apply(batch).ok() || !(*store)->sink().flush().ok())
      return state.SkipWithError("flush failed");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(offset));
  store->reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(flush)->ArgsProduct({{100, 65'536}, {0, 1}})->UseRealTime();

}  // namespace
}  // namespace tickerhouse::sinks

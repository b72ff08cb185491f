#include "tests/sinks/support.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

namespace tickerhouse::sinks {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "tickerhouse-sinks-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryFolder::names() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> rows_of(const std::string& sql, const std::string& path) {
  DuckdbOptions options;
  options.path = path;
  options.read_only = !path.empty();
  const auto database = ok(DuckdbDatabase::open(options));
  if (database == nullptr) return {};
  const auto connection = ok(database->connect());
  const auto rows = ok(connection->query("SELECT coalesce(COLUMNS(*)::VARCHAR, 'null') FROM (" + sql + ")"));
  std::vector<std::string> found;
  while (rows != nullptr && ok(rows->next())) {
    found.emplace_back(rows->text(0));
    for (std::size_t c = 1; c < rows->columns(); ++c) found.back().append(" | ").append(rows->text(c));
  }
  return found;
}

void copy_store(const std::string& path, const std::string& copy) {
  for (const char* end : {"", ".wal"}) {
    std::filesystem::remove(copy + end);
    if (std::filesystem::exists(path + end)) std::filesystem::copy_file(path + end, copy + end);
  }
}

std::string bar_text(std::string_view symbol, market::BarRow bar) {
  bar.symbol = 0;
  std::array<unsigned char, sizeof bar> bytes{};
  std::memcpy(bytes.data(), &bar, sizeof bar);
  std::string text(symbol);
  text.push_back(' ');
  for (const unsigned char byte : bytes)
    text.append(1, "0123456789abcdef"[byte >> 4U]).append(1, "0123456789abcdef"[byte & 15U]);
  return text;
}

std::vector<std::string> bars_of(flow::Store& store, const flow::BarQuery& query) {
  std::vector<std::string> found;
  ok(store.scan_bars(query, [&](std::string_view symbol, const market::BarRow& bar) {
    found.push_back(bar_text(symbol, bar));
  }));
  return found;
}

base::Status apply_bars(flow::Sink& sink, std::uint64_t offset, const std::vector<NamedBar>& bars) {
  market::BatchBuilder<market::BarRow> builder;
  for (const NamedBar& named : bars) {
    builder.rows.push_back(named.bar);
    builder.rows.back().symbol = builder.strings.intern(named.symbol);
  }
  std::string bytes;
  builder.seal(bytes, offset);
  flow::ResultBatch batch{flow::Topic::bars, 0, {}};
  ASSIGN_OR_RETURN(batch.rows.bytes, market::BatchBytes::open(bytes));
  batch.rows.first = {offset};
  batch.rows.next = {offset + bars.size()};
  return sink.apply(batch);
}

market::BarRow minute_bar(std::int64_t minute) {
  market::BarRow bar;
  bar.interval = base::kMinute;
  bar.window_start = 1'767'623'400 * base::kSecond + minute * base::kMinute;
  bar.window_end = bar.window_start + base::kMinute;
  bar.open_time = bar.window_start + 123'456'789;
  bar.close_time = bar.window_end - 1;
  bar.open = {150'250'000'000};
  bar.high = {151'000'000'001};
  bar.low = {149'999'999'999};
  bar.close = {150'750'000'000};
  bar.vwap = {150'400'000'000};
  bar.price_avg = {150'500'000'000};
  bar.pct_change = 332'779;
  bar.volume = 5'234'000'000;
  bar.notional = base::Int128{5'234'000'000} * 150'400'000'000;
  bar.known = market::known::kVolume | market::known::kNotional | market::known::kVwap |
              market::known::kPriceAvg | market::known::kPctChange;
  bar.trade_count = 42;
  bar.trade_date = static_cast<std::int32_t>(bar.window_start / base::kDay);
  bar.state = market::BarState::final;
  return bar;
}

}  // namespace tickerhouse::sinks

// usage: history_rows tickerhouse|csv|duckdb events|bars ROWS FOLDER
//        history_rows compare events|bars ONE OTHER
//
// One contender of `benchmarks/run history`: makes the same rows and writes them as history files into
// FOLDER, cut every 262,144. tickerhouse, csv: the history sink, from batches as they lie on the tape.
// duckdb: COPY from a table that holds the rows of a file in its order already, so it neither sorts nor
// converts. Making the rows, and DuckDB's tables, is not measured. Prints rows, CPU seconds and bytes as
// JSON. compare: exit 0 if two folders hold the same rows, whatever their order.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "market/batch_builder.h"
#include "sinks/duckdb_rows.h"
#include "sinks/history/history_sink.h"
#include "sinks/parquet_table.h"

namespace {

using namespace tickerhouse;  // NOLINT(google-build-using-namespace): a program of one file

constexpr std::uint64_t kRowsOfFile = 262'144;
constexpr std::uint64_t kRowsOfBatch = 8'192;
constexpr std::uint64_t kSymbols = 500;
constexpr base::TsNanos kStart = 1'741'010'400 * base::kSecond;  // 2025-03-03T14:00:00Z

template <typename T>
T must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "history_rows: %s\n", result.error().message().c_str());
  std::exit(1);
}
void must(const base::Status& status) {
  if (!status.ok()) must(base::Result<int>(status.error()));
}

// A number that looks random, of a row and a purpose.
std::uint64_t dice(std::uint64_t row, std::uint64_t purpose) {
  std::uint64_t x = (row + 1) * 0x9E3779B97F4A7C15U + purpose * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}

std::string symbol_of(std::uint64_t row) { return "S" + std::to_string(1'000 + dice(row, 1) % kSymbols); }

market::EventRow event_of(std::uint64_t row) {
  market::EventRow event;
  event.ts_event = kStart + static_cast<std::int64_t>(row) * 3'600'000 +
                   static_cast<std::int64_t>(dice(row, 2) % 3'000'000);
  event.ts_recv = event.ts_event + static_cast<std::int64_t>(dice(row, 3) % 20'000'000);
  event.trade.price = {
      static_cast<std::int64_t>(100'000 + dice(row, 1) % kSymbols * 7'000 + dice(row, 4) % 2'000) * 100'000};
  event.trade.size = {static_cast<std::int64_t>(1 + dice(row, 5) % 1'000) * 1'000'000};
  event.seq = static_cast<std::int64_t>(row);
  market::set_trade_id(event, std::to_string(1'000'000 + row));
  return event;
}

market::BarRow bar_of(std::uint64_t row) {
  market::BarRow bar;
  bar.interval = base::kMinute;
  bar.window_start = kStart + static_cast<std::int64_t>(row / kSymbols % 600) * base::kMinute;
  bar.window_end = bar.window_start + base::kMinute;
  bar.open_time = bar.window_start + static_cast<std::int64_t>(dice(row, 2) % 20'000'000'000);
  bar.close_time = bar.window_end - static_cast<std::int64_t>(dice(row, 3) % 20'000'000'000);
  const auto price =
      static_cast<std::int64_t>(100'000 + dice(row, 1) % kSymbols * 7'000 + dice(row, 4) % 2'000) * 100'000;
  bar.open = {price};
  bar.low = {price - 1'000'000};
  bar.high = {price + 3'000'000};
  bar.close = {price + static_cast<std::int64_t>(dice(row, 5) % 30) * 100'000};
  bar.vwap = {price + static_cast<std::int64_t>(dice(row, 6) % 1'000'000)};
  bar.price_avg = {price + static_cast<std::int64_t>(dice(row, 7) % 1'000'000)};
  bar.volume = static_cast<base::Int128>(1 + dice(row, 8) % 100'000) * 1'000'000;
  bar.notional = bar.volume * bar.vwap.units;
  bar.pct_change = static_cast<std::int64_t>(dice(row, 9) % 2'000'000);
  bar.known = market::known::kVolume | market::known::kNotional | market::known::kVwap |
              market::known::kPriceAvg | market::known::kPctChange;
  bar.trade_count = static_cast<std::int64_t>(1 + dice(row, 10) % 500);
  bar.trade_date = static_cast<std::int32_t>(bar.window_start / base::kDay);
  bar.state = market::BarState::final;
  return bar;
}

std::string event_batch(std::uint64_t first, std::uint64_t end) {
  market::EventBatchBuilder builder;
  for (std::uint64_t row = first; row < end; ++row) {
    builder.rows.push_back(event_of(row));
    builder.rows.back().symbol = builder.strings.intern(symbol_of(row));
    builder.rows.back().source = builder.strings.intern("feed.jsonl");
  }
  std::string bytes;
  builder.seal(bytes, first);
  return bytes;
}

std::string bar_batch(std::uint64_t first, std::uint64_t end) {
  market::BatchBuilder<market::BarRow> builder;
  for (std::uint64_t row = first; row < end; ++row) {
    builder.rows.push_back(bar_of(row));
    builder.rows.back().symbol = builder.strings.intern(symbol_of(row));
  }
  std::string bytes;
  builder.seal(bytes, first);
  return bytes;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double run_sink(sinks::HistoryFormat format, bool events, std::uint64_t rows, const std::string& folder) {
  std::vector<std::string> batches;
  for (std::uint64_t first = 0; first < rows; first += kRowsOfBatch)
    batches.push_back(events ? event_batch(first, std::min(rows, first + kRowsOfBatch))
                             : bar_batch(first, std::min(rows, first + kRowsOfBatch)));
  sinks::HistoryOptions options;
  options.directory = folder;
  options.format = format;
  options.sync = false;  // as COPY does not either
  const double begin = cpu_seconds();
  const auto sink = sinks::make_history_sink(options);
  must(sink->restore());
  std::uint64_t next = 0;
  for (const std::string& bytes : batches) {
    flow::ResultBatch batch;
    batch.topic = events ? flow::Topic::events : flow::Topic::settled;
    batch.rows.bytes = must(market::BatchBytes::open(bytes));
    batch.rows.first = {next};
    batch.rows.next = {next += batch.rows.bytes.row_count()};
    must(sink->apply(batch));
    if (next % kRowsOfFile == 0 || next == rows) must(sink->flush());
  }
  return cpu_seconds() - begin;
}

// The rows of a file in a table, in their order: by symbol, time, offset.
std::unique_ptr<sinks::DuckdbAppender> fill(sinks::DuckdbConnection& connection, bool events,
                                            std::uint64_t first, std::uint64_t end) {
  std::vector<std::tuple<std::string, base::TsNanos, std::uint64_t>> order;
  for (std::uint64_t row = first; row < end; ++row)
    order.emplace_back(symbol_of(row), events ? event_of(row).ts_event : bar_of(row).window_start, row);
  std::sort(order.begin(), order.end());
  auto out = must(sinks::DuckdbAppender::create(connection, "rows" + std::to_string(first)));
  for (const auto& [symbol, ts, row] : order) {
    const market::EventRow event = event_of(row);
    if (events) {
      sinks::put_event(*out, event, {symbol, "", "feed.jsonl", ""});
    } else {
      sinks::put_bar(*out, symbol, bar_of(row));
    }
    must(out->end_row());
  }
  must(out->flush());
  return out;
}

double run_duckdb(bool events, std::uint64_t rows, const std::string& folder) {
  sinks::DuckdbOptions options;
  options.memory_limit = "8GB";
  const auto database = must(sinks::DuckdbDatabase::open(options));
  const auto connection = must(database->connect());
  std::filesystem::create_directories(folder);
  for (std::uint64_t first = 0; first < rows; first += kRowsOfFile) {
    must(connection->run("CREATE TABLE rows" + std::to_string(first) + "(" +
                         std::string(events ? sinks::kEventColumns : sinks::kBarColumns) + ")"));
    fill(*connection, events, first, std::min(rows, first + kRowsOfFile));
  }
  const double begin = cpu_seconds();
  for (std::uint64_t first = 0; first < rows; first += kRowsOfFile)
    must(connection->run("COPY rows" + std::to_string(first) + " TO " +
                         sinks::sql_text(folder + "/" + std::to_string(first) + ".parquet") +
                         " (FORMAT parquet, COMPRESSION zstd)"));
  return cpu_seconds() - begin;
}

std::uintmax_t bytes_in(const std::string& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".parquet" || entry.path().extension() == ".csv")
      bytes += entry.file_size();
  return bytes;
}

// CSV has other columns than Parquet; then those that both have are compared.
int compare(bool events, const std::string& one, const std::string& other) {
  const auto rows = [](const std::string& folder) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".csv")
        return "read_csv(" + sinks::sql_text(folder + "/**/*.csv") +
               ", all_varchar = true, hive_partitioning = false)";
    return "read_parquet(" + sinks::sql_text(folder + "/**/*.parquet") + ", hive_partitioning = false)";
  };
  const bool text = (rows(one) + rows(other)).find("read_csv") != std::string::npos;
  const std::string columns =
      !text ? "*"
      : events
          ? "symbol, price::DECIMAL(19,9), volume::DECIMAL(19,6), seq::BIGINT, trade_id"
          : "symbol, open::DECIMAL(19,9), vwap::DECIMAL(19,9), notional::DECIMAL(38,15), trade_count::BIGINT";
  sinks::DuckdbOptions options;
  options.memory_limit = "8GB";
  const auto database = must(sinks::DuckdbDatabase::open(options));
  const auto connection = must(database->connect());
  // As many rows, and the same sum of their hashes: 64 bits each, so that a difference does not hide.
  const auto number = [&](const std::string& what, const std::string& folder) {
    return must(
        connection->integer("SELECT " + what + " FROM (SELECT " + columns + " FROM " + rows(folder) + ") r"));
  };
  const std::string sum = "(sum(hash(r)::HUGEINT) % 9223372036854775783)::BIGINT";
  const std::int64_t count = number("count(*)", one);
  const bool equal =
      count > 0 && count == number("count(*)", other) && number(sum, one) == number(sum, other);
  std::printf("{\"rows\": %lld, \"equal\": %s}\n", static_cast<long long>(count), equal ? "true" : "false");
  return equal ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 5 ? argv[1] : "";
  const bool events = argc == 5 && std::string(argv[2]) == "events";
  if (what == "compare") return compare(events, argv[3], argv[4]);
  if (what != "tickerhouse" && what != "csv" && what != "duckdb") {
    std::fputs("usage: history_rows tickerhouse|csv|duckdb|compare events|bars ROWS|ONE FOLDER|OTHER\n",
               stderr);
    return 64;
  }
  const std::uint64_t rows = std::strtoull(argv[3], nullptr, 10);
  const std::string folder = argv[4];
  const double seconds =
      what == "duckdb" ? run_duckdb(events, rows, folder)
                       : run_sink(what == "csv" ? sinks::HistoryFormat::csv : sinks::HistoryFormat::parquet,
                                  events, rows, folder);
  std::printf("{\"rows\": %llu, \"cpu_s\": %.6f, \"bytes\": %llu}\n", static_cast<unsigned long long>(rows),
              seconds, static_cast<unsigned long long>(bytes_in(folder)));
  return 0;
}

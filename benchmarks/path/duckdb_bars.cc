// usage: duckdb_bars THREADS TRADES.jsonl BARS.csv
//
// The bars of a file of trades as a batch query of DuckDB, all in decimals and integers: what `benchmarks/run
// path` sets `tickerhouse replay` beside. The query may know what the file promises and the engine cannot:
// trade_id is a number that grows with the lines, price has 4 digits, volume is whole, nothing is late. So it
// needs no row number, a trade's notional fits 64 bits, and longer bars are made from those of one minute.
#include <duckdb.h>

#include <cstdio>
#include <string>

namespace {

// Open and close go by (ts, line); a trade's line is as good as its trade_id. vwap = notional / volume, half
// to even at 1e-9: notional has 4 digits, so notional · 1e9 is n · 1e5 for the whole number n = notional ·
// 1e4.
constexpr const char* kQuery = R"(
COPY (
  WITH trades AS (
    SELECT trade_id, any_value(symbol) AS symbol, any_value(ts) AS ts, any_value(price) AS price,
           any_value(volume) AS volume
    FROM read_json($FILE, format = 'newline_delimited',
                   columns = {symbol: 'VARCHAR', price: 'DECIMAL(10,4)', volume: 'INTEGER', ts: 'TIMESTAMP',
                              trade_id: 'BIGINT'})
    GROUP BY trade_id),
  minutes AS MATERIALIZED (
    SELECT symbol, epoch_ms(ts) // 60000 AS minute, min($KEY) AS first_key, max($KEY) AS last_key,
           arg_min(price, $KEY) AS open, max(price) AS high, min(price) AS low, arg_max(price, $KEY) AS close,
           sum(volume) AS volume, count(*) AS trade_count,
           sum(price * volume::DECIMAL(8,0)) AS notional
    FROM trades GROUP BY ALL),
  bars AS (
    SELECT symbol, length, minute // length * length AS minute, arg_min(open, first_key) AS open, max(high) AS high,
           min(low) AS low, arg_max(close, last_key) AS close, sum(volume)::HUGEINT AS volume,
           sum(trade_count) AS trade_count, sum(notional) AS notional, (sum(notional) * 10000)::HUGEINT * 100000 AS n
    FROM minutes, (VALUES (1), (5), (15), (30), (60), (1440)) AS intervals(length)
    GROUP BY ALL)
  SELECT symbol, length AS minutes, minute * 60 AS window_start_s, open, high, low, close, volume, trade_count, notional,
         n // volume + CASE WHEN 2 * (n % volume) > volume OR (2 * (n % volume) = volume AND n // volume % 2 = 1)
                            THEN 1 ELSE 0 END AS vwap_e9
  FROM bars ORDER BY symbol, length, minute
) TO $OUT (FORMAT csv, HEADER))";

std::string with(std::string text, const std::string& name, const std::string& value) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size())
    text.replace(at, name.size(), value);
  return text;
}

std::string quoted(const std::string& text) { return "'" + with(text, "'", "''") + "'"; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: duckdb_bars THREADS TRADES.jsonl BARS.csv\n", stderr);
    return 64;
  }
  std::string query = with(kQuery, "$KEY", "(epoch_ms(ts)::HUGEINT * 4294967296 + trade_id)");
  query = with(with(query, "$FILE", quoted(argv[2])), "$OUT", quoted(argv[3]));
  duckdb_config config = nullptr;
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  char* problem = nullptr;
  if (duckdb_create_config(&config) == DuckDBError ||
      duckdb_set_config(config, "threads", argv[1]) == DuckDBError ||
      duckdb_open_ext(nullptr, &database, config, &problem) == DuckDBError ||
      duckdb_connect(database, &connection) == DuckDBError) {
    std::fprintf(stderr, "duckdb_bars: DuckDB does not open: %s\n",
                 problem == nullptr ? "its settings" : problem);
    return 1;
  }
  duckdb_result result;
  const bool done = duckdb_query(connection, query.c_str(), &result) == DuckDBSuccess;
  if (!done) std::fprintf(stderr, "duckdb_bars: %s\n", duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  duckdb_destroy_config(&config);
  return done ? 0 : 1;
}

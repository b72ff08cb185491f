#include "sinks/duckdb_bars.h"

#include <algorithm>

#include "sinks/duckdb_appender.h"
#include "sinks/duckdb_rows.h"

namespace tickerhouse::sinks {

std::size_t BarUpsert::KeyHash::operator()(const Key& key) const {
  std::uint64_t hash =
      static_cast<std::uint64_t>(key.window_start) / static_cast<std::uint64_t>(base::kMillisecond);
  hash = (hash + key.symbol) * 0x9E3779B97F4A7C15ULL;
  hash = (hash ^ (hash >> 29U) ^ static_cast<std::uint64_t>(key.interval)) * 0xBF58476D1CE4E5B9ULL;
  return hash ^ (hash >> 32U);
}

std::uint32_t BarUpsert::symbol_number(std::string_view symbol) {
  const auto [place, fresh] =
      symbol_numbers_.try_emplace(std::string(symbol), static_cast<std::uint32_t>(symbols_.size()));
  if (fresh) symbols_.emplace_back(place->first);
  return place->second;
}

base::Status BarUpsert::restore(DuckdbConnection& connection) {
  pending_.clear();
  places_.clear();
  latest_.clear();
  ASSIGN_OR_RETURN(
      const auto rows,
      connection.query("SELECT symbol, interval_ns, max(window_start_ns) FROM bars GROUP BY ALL"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->next());
    if (!more) return {};
    latest_[{symbol_number(rows->text(0)), rows->int64(1), 0}] = rows->int64(2);
  }
}

void BarUpsert::take(std::string_view symbol, const market::BarRow& bar, Origin origin) {
  const std::uint32_t number = symbol_number(symbol);
  const auto [place, fresh] = places_.try_emplace({number, bar.interval, bar.window_start}, pending_.size());
  if (fresh) {
    pending_.push_back({number, bar, origin});
  } else {
    pending_[place->second] = {number, bar, origin};
  }
}

base::Status BarUpsert::write(DuckdbConnection& connection) {
  std::vector<const Pending*> maybe_there;
  for (const Pending& row : pending_) {
    const auto latest = latest_.find({row.symbol, row.bar.interval, 0});
    if (latest != latest_.end() && row.bar.window_start <= latest->second) maybe_there.push_back(&row);
  }
  if (!maybe_there.empty()) RETURN_IF_ERROR(delete_old(connection, maybe_there));
  if (pending_.empty()) return {};
  ASSIGN_OR_RETURN(const auto out, DuckdbAppender::create(connection, "bars"));
  for (const Pending& row : pending_) {
    put_bar(*out, symbols_[row.symbol], row.bar);
    out->put(static_cast<std::int32_t>(row.origin.partition));
    out->put(static_cast<std::int64_t>(row.origin.sequence));
    RETURN_IF_ERROR(out->end_row());
  }
  return out->flush();
}

// The bounds of time let DuckDB pass over the row groups that cannot hold a key.
base::Status BarUpsert::delete_old(DuckdbConnection& connection,
                                   const std::vector<const Pending*>& rows) const {
  RETURN_IF_ERROR(connection.run(
      "CREATE OR REPLACE TEMP TABLE stale(symbol VARCHAR, interval_ns BIGINT, window_start_ns BIGINT)"));
  base::TsNanos first = rows.front()->bar.window_start;
  base::TsNanos last = first;
  {
    ASSIGN_OR_RETURN(const auto out, DuckdbAppender::create(connection, "stale"));
    for (const Pending* row : rows) {
      first = std::min(first, row->bar.window_start);
      last = std::max(last, row->bar.window_start);
      out->put(symbols_[row->symbol]);
      out->put(row->bar.interval);
      out->put(row->bar.window_start);
      RETURN_IF_ERROR(out->end_row());
    }
    RETURN_IF_ERROR(out->flush());
  }
  std::string sql =
      "DELETE FROM bars USING stale WHERE bars.symbol = stale.symbol AND bars.interval_ns = "
      "stale.interval_ns "
      "AND bars.window_start_ns = stale.window_start_ns AND bars.window_start_ns BETWEEN ";
  sql.append(std::to_string(first)).append(" AND ").append(std::to_string(last));
  return connection.run(sql);
}

void BarUpsert::committed() {
  for (const Pending& row : pending_) {
    const auto [latest, fresh] = latest_.try_emplace({row.symbol, row.bar.interval, 0}, row.bar.window_start);
    if (!fresh) latest->second = std::max(latest->second, row.bar.window_start);
  }
  pending_.clear();
  places_.clear();
}

}  // namespace tickerhouse::sinks

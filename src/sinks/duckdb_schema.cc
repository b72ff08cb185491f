#include "sinks/duckdb_schema.h"

#include <string>

#include "sinks/duckdb_rows.h"

namespace tickerhouse::sinks {
namespace {

constexpr const char* kOurTables =
    "SELECT count(*) FROM duckdb_tables() WHERE NOT internal AND schema_name = 'main' AND database_name = "
    "current_database()";

// No PRIMARY KEY: an index over all bars costs memory and the sink knows without it which keys exist
// (duckdb_bars.h).
std::string creation() {
  std::string sql = "BEGIN; CREATE TABLE bars(";
  sql.append(kBarColumns).append(", \"partition\" INTEGER NOT NULL, sequence BIGINT NOT NULL);");
  sql.append("CREATE TABLE late(")
      .append(kEventColumns)
      .append(", \"partition\" INTEGER NOT NULL, sequence BIGINT NOT NULL);");
  sql.append("CREATE TABLE rejects(").append(kRejectColumns).append(", sequence BIGINT NOT NULL);");
  sql.append(
      "CREATE TABLE positions(topic VARCHAR NOT NULL, \"partition\" INTEGER NOT NULL, next_offset BIGINT NOT "
      "NULL);"
      "CREATE TABLE store_info(version BIGINT NOT NULL);"
      "CREATE VIEW bars_final AS SELECT * FROM bars WHERE state <> 'provisional';"
      "CREATE VIEW bars_seed AS SELECT symbol, window_start, window_end, \"interval\", price_avg, low AS "
      "price_min, high AS price_max, "
      "open AS price_first, close AS price_last, pct_change FROM bars;");
  sql.append("INSERT INTO store_info VALUES (").append(std::to_string(kStoreVersion)).append("); COMMIT");
  return sql;
}

}  // namespace

base::Status prepare_store(DuckdbConnection& connection, bool read_only) {
  ASSIGN_OR_RETURN(const std::int64_t tables, connection.integer(kOurTables));
  if (tables == 0 && !read_only) return connection.run(creation());
  ASSIGN_OR_RETURN(const std::int64_t known,
                   connection.integer(std::string(kOurTables).append(" AND table_name = 'store_info'")));
  if (known == 0) {
    base::Error error =
        connection.error("a DuckDB database, but not a store of tickerhouse; it is left alone");
    error.code = base::ErrorCode::configuration;
    return error;
  }
  ASSIGN_OR_RETURN(const std::int64_t version, connection.integer("SELECT max(version) FROM store_info"));
  if (version == kStoreVersion) return {};
  base::Error error = connection.error(nullptr);
  error.code = base::ErrorCode::damaged;
  error.what = std::string("the store has version ")
                   .append(std::to_string(version))
                   .append(", this program writes ")
                   .append(std::to_string(kStoreVersion));
  return error;
}

}  // namespace tickerhouse::sinks

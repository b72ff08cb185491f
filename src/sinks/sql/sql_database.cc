#include "sinks/sql/sql_database.h"

#include <duckdb.h>

#include <array>
#include <utility>

#include "base/bytes.h"
#include "sinks/duckdb_handles.h"
#include "sinks/duckdb_rows.h"
#include "sinks/sql/sql_rows.h"

namespace tickerhouse::sinks {
namespace {

struct History {
  const char* name;
  const std::string_view* columns;
};
constexpr std::array<History, 2> kHistory = {{{"bars", &kBarColumns}, {"events", &kEventColumns}}};

}  // namespace

struct SqlDatabase::Handle {
  SqlChannel* channel = nullptr;
  const SqlRequest* request = nullptr;
  std::unique_ptr<DuckdbDatabase> database;
  std::unique_ptr<DuckdbConnection> connection;
  std::unique_ptr<DuckdbConnection> texts;
  std::uint32_t scans = 0;
  bool history_asked = false;
  std::vector<std::vector<duckdb_logical_type>> types;  // by relation and column
  std::array<std::vector<std::pair<std::string, duckdb_logical_type>>, kHistory.size()> history_columns;
  std::vector<duckdb_logical_type> result_types;
  duckdb_data_chunk result_rows = nullptr;

  ~Handle() {
    for (auto& relation : types)
      for (auto& type : relation) duckdb_destroy_logical_type(&type);
    for (auto& columns : history_columns)
      for (auto& [name, type] : columns) duckdb_destroy_logical_type(&type);
    for (auto& type : result_types) duckdb_destroy_logical_type(&type);
  }
};

// The table functions. DuckDB calls them, on one thread, while the statement is planned and run.
struct SqlDatabaseFunctions {
  using Handle = SqlDatabase::Handle;

  // Which columns of which table of the owner; and where they go in DuckDB's chunk.
  struct Scan {
    std::uint32_t number = 0;
    bool at_end = false;
    std::vector<std::size_t> places;
  };

  static void bind_store(duckdb_bind_info info) {
    auto& handle = *static_cast<Handle*>(duckdb_bind_get_extra_info(info));
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    const auto relation = static_cast<std::uint64_t>(duckdb_get_int64(value));
    duckdb_destroy_value(&value);
    if (relation >= handle.types.size()) return duckdb_bind_set_error(info, "there is no such table");
    for (std::size_t c = 0; c < handle.types[relation].size(); ++c)
      duckdb_bind_add_result_column(info, handle.request->relations[relation].columns[c].first.c_str(),
                                    handle.types[relation][c]);
    duckdb_bind_set_bind_data(info, new std::uint64_t(relation),
                              [](void* data) { delete static_cast<std::uint64_t*>(data); });
  }

  static void init_store(duckdb_init_info info) {
    auto& handle = *static_cast<Handle*>(duckdb_init_get_extra_info(info));
    const auto relation =
        static_cast<std::uint32_t>(*static_cast<std::uint64_t*>(duckdb_init_get_bind_data(info)));
    auto scan = std::make_unique<Scan>();
    scan->number = handle.scans++;
    std::string columns;
    base::ByteWriter out(columns);
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
      const idx_t column = duckdb_init_get_column_index(info, i);
      if (column >= handle.types[relation].size()) continue;  // count(*) asks for a column that is none
      out.put(static_cast<std::uint32_t>(column));
      scan->places.push_back(i);
    }
    std::string body;
    base::ByteWriter head(body);
    head.put(scan->number);
    head.put(relation);
    if (const auto status = handle.channel->send(SqlFrame::open, body.append(columns)); !status.ok())
      return duckdb_init_set_error(info, status.error().message().c_str());
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, scan.release(), [](void* data) { delete static_cast<Scan*>(data); });
  }

  static void scan_store(duckdb_function_info info, duckdb_data_chunk output) {
    auto& handle = *static_cast<Handle*>(duckdb_function_get_extra_info(info));
    auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
    duckdb_data_chunk_set_size(output, 0);
    if (scan.at_end) return;
    std::string body;
    base::ByteWriter(body).put(scan.number);
    const base::Status asked = handle.channel->send(SqlFrame::next, body);
    if (!asked.ok()) return duckdb_function_set_error(info, asked.error().message().c_str());
    const base::Result<SqlMessage> rows = handle.channel->receive();
    if (!rows.ok()) return duckdb_function_set_error(info, rows.error().message().c_str());
    if (rows->kind != SqlFrame::rows) return duckdb_function_set_error(info, rows->body.c_str());
    scan.at_end = rows->body.empty();
    if (!decode_rows(rows->body, scan.places, output))
      duckdb_function_set_error(info, "the store's rows do not have the types of its tables");
  }

  // The history of a database without files.
  static void bind_history(duckdb_bind_info info) {
    auto& handle = *static_cast<Handle*>(duckdb_bind_get_extra_info(info));
    duckdb_value value = duckdb_bind_get_parameter(info, 0);
    const auto which = static_cast<std::uint64_t>(duckdb_get_int64(value));
    duckdb_destroy_value(&value);
    if (which >= kHistory.size()) return duckdb_bind_set_error(info, "there is no such history");
    handle.history_asked = true;
    for (const auto& [name, type] : handle.history_columns[which])
      duckdb_bind_add_result_column(info, name.c_str(), type);
  }

  static void scan_nothing(duckdb_function_info /*info*/, duckdb_data_chunk output) {
    duckdb_data_chunk_set_size(output, 0);
  }

  static void bind_result(duckdb_bind_info info) {
    auto& handle = *static_cast<Handle*>(duckdb_bind_get_extra_info(info));
    if (handle.result_types.empty()) return duckdb_bind_set_error(info, "there is no result");
    for (std::size_t c = 0; c < handle.result_types.size(); ++c)
      duckdb_bind_add_result_column(info, ("c" + std::to_string(c)).c_str(), handle.result_types[c]);
  }

  static void init_result(duckdb_init_info info) {
    duckdb_init_set_max_threads(info, 1);
    duckdb_init_set_init_data(info, new bool(false), [](void* data) { delete static_cast<bool*>(data); });
  }

  static void scan_result(duckdb_function_info info, duckdb_data_chunk output) {
    auto& handle = *static_cast<Handle*>(duckdb_function_get_extra_info(info));
    bool& given = *static_cast<bool*>(duckdb_function_get_init_data(info));
    duckdb_data_chunk_set_size(output, 0);
    if (std::exchange(given, true) || handle.result_rows == nullptr) return;
    for (idx_t c = 0; c < handle.result_types.size(); ++c)
      duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, c),
                                     duckdb_data_chunk_get_vector(handle.result_rows, c));
    duckdb_data_chunk_set_size(output, duckdb_data_chunk_get_size(handle.result_rows));
  }

  struct Function {
    const char* name;
    bool numbered;  // its argument says which table
    duckdb_table_function_bind_t bind;
    duckdb_table_function_init_t init;
    duckdb_table_function_t scan;
  };

  static base::Status add(Handle& handle, const Function& what) {
    duckdb_table_function function = duckdb_create_table_function();
    duckdb_table_function_set_name(function, what.name);
    if (what.numbered) {
      duckdb_logical_type number = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
      duckdb_table_function_add_parameter(function, number);
      duckdb_destroy_logical_type(&number);
    }
    duckdb_table_function_set_extra_info(function, &handle, nullptr);
    duckdb_table_function_set_bind(function, what.bind);
    duckdb_table_function_set_init(function, what.init);
    duckdb_table_function_set_function(function, what.scan);
    duckdb_table_function_supports_projection_pushdown(function, what.numbered);
    const bool done =
        duckdb_register_table_function(DuckdbAccess::raw(*handle.connection), function) == DuckDBSuccess;
    duckdb_destroy_table_function(&function);
    if (done) return {};
    return handle.connection->error("a table function is not taken");
  }

  static base::Status add_functions(Handle& handle) {
    RETURN_IF_ERROR(add(handle, {"store_rows", true, bind_store, init_store, scan_store}));
    RETURN_IF_ERROR(add(handle, {"history_rows", true, bind_history, init_result, scan_nothing}));
    return add(handle, {"result_rows", false, bind_result, init_result, scan_result});
  }

  // Calls `column` with the name and type of each column of a query without rows.
  template <typename Take>
  static base::Status describe(Handle& handle, const std::string& sql, const Take& take) {
    duckdb_result result;
    base::Status status;
    if (duckdb_query(DuckdbAccess::raw(*handle.connection), sql.c_str(), &result) == DuckDBSuccess) {
      for (idx_t c = 0; c < duckdb_column_count(&result); ++c)
        take(duckdb_column_name(&result, c), duckdb_column_logical_type(&result, c));
    } else {
      status = handle.connection->error(duckdb_result_error(&result));
    }
    duckdb_destroy_result(&result);
    return status;
  }

  // The types that the SQL of the owner's columns means.
  static base::Status read_types(Handle& handle) {
    for (const SqlRelation& relation : handle.request->relations) {
      std::string sql;
      for (const auto& [name, type] : relation.columns)
        sql.append(sql.empty() ? "SELECT " : ", ").append("NULL::").append(type);
      auto& types = handle.types.emplace_back();
      RETURN_IF_ERROR(
          describe(handle, sql, [&](const char*, duckdb_logical_type type) { types.push_back(type); }));
    }
    for (std::size_t i = 0; i < kHistory.size(); ++i) {
      RETURN_IF_ERROR(handle.connection->run("CREATE TEMP TABLE columns(" +
                                             std::string(*kHistory[i].columns) + ", date DATE)"));
      RETURN_IF_ERROR(describe(handle, "FROM temp.columns", [&](const char* name, duckdb_logical_type type) {
        handle.history_columns[i].emplace_back(name, type);
      }));
      RETURN_IF_ERROR(handle.connection->run("DROP TABLE temp.columns"));
    }
    return {};
  }

  static base::Status add_views(Handle& handle, SqlFiles files) {
    for (std::size_t i = 0; i < handle.request->relations.size(); ++i)
      RETURN_IF_ERROR(handle.connection->run("CREATE VIEW " + quoted_name(handle.request->relations[i].name) +
                                             " AS FROM store_rows(" + std::to_string(i) + ")"));
    for (std::size_t i = 0; i < kHistory.size(); ++i) {
      const std::string glob = std::string("'history/") + kHistory[i].name + "/parquet/*/*.parquet'";
      std::int64_t count = 0;
      if (files == SqlFiles::history) {
        ASSIGN_OR_RETURN(count, handle.connection->integer("SELECT count(*) FROM glob(" + glob + ")"));
      }
      const std::string from =
          count == 0 ? "history_rows(" + std::to_string(i) + ")"
                     : "read_parquet(" + glob + ", hive_partitioning = true, hive_types = {'date': DATE})";
      RETURN_IF_ERROR(handle.connection->run(std::string("CREATE VIEW history_") + kHistory[i].name +
                                             " AS FROM " + from));
    }
    return {};
  }
};

SqlDatabase::SqlDatabase(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
SqlDatabase::~SqlDatabase() = default;

base::Result<std::unique_ptr<SqlDatabase>> SqlDatabase::open(SqlChannel& channel, const SqlRequest& request,
                                                             SqlFiles files) {
  std::unique_ptr<SqlDatabase> database(new SqlDatabase(std::make_unique<Handle>()));
  Handle& handle = *database->handle_;
  handle.channel = &channel;
  handle.request = &request;
  DuckdbOptions options;
  options.memory_limit = std::to_string(request.memory_bytes_max / 1'000'000) + "MB";
  ASSIGN_OR_RETURN(handle.database, DuckdbDatabase::open(options));
  ASSIGN_OR_RETURN(handle.connection, handle.database->connect());
  ASSIGN_OR_RETURN(handle.texts, handle.database->connect());
  RETURN_IF_ERROR(SqlDatabaseFunctions::read_types(handle));
  RETURN_IF_ERROR(SqlDatabaseFunctions::add_functions(handle));
  RETURN_IF_ERROR(SqlDatabaseFunctions::add_views(handle, files));
  std::string lock = "SET temp_directory = ''; ";
  if (files == SqlFiles::history) lock.append("SET allowed_directories = ['history/']; ");
  lock.append("SET enable_external_access = false; SET lock_configuration = true");
  RETURN_IF_ERROR(handle.connection->run(lock));
  handle.history_asked = false;  // as making the views did
  return database;
}

DuckdbConnection& SqlDatabase::connection() { return *handle_->connection; }
bool SqlDatabase::history_was_asked() const { return handle_->history_asked; }
DuckdbConnection& SqlDatabase::texts() { return *handle_->texts; }

void SqlDatabase::set_result_types(std::vector<_duckdb_logical_type*> types) {
  for (auto& type : handle_->result_types) duckdb_destroy_logical_type(&type);
  handle_->result_types = std::move(types);
}
void SqlDatabase::set_result_rows(_duckdb_data_chunk* chunk) { handle_->result_rows = chunk; }

}  // namespace tickerhouse::sinks

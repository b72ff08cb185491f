#include "sinks/duckdb_connection.h"

#include <duckdb.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sinks/duckdb_handles.h"

namespace tickerhouse::sinks {
namespace {

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (text.find(word) != std::string_view::npos) return true;
  return false;
}

// DuckDB says only in words what a caller has to act on.
base::ErrorCode code_of(std::string_view text) {
  if (mentions(text, {"No space left", "Disk quota exceeded", "max_temp_directory_size"}))
    return base::ErrorCode::no_space;
  if (mentions(text, {"Could not set lock", "Conflicting lock"})) return base::ErrorCode::busy;
  if (mentions(text, {"orrupt", "not a valid DuckDB", "checksum", "Checksum", "Serialization Error",
                      "version number", "newer version"}))
    return base::ErrorCode::damaged;
  return base::ErrorCode::io;
}

// A file that does not open for a reason that is not the system's is taken for damaged: it can be rebuilt.
base::ErrorCode open_code_of(std::string_view text) {
  const base::ErrorCode code = code_of(text);
  if (code != base::ErrorCode::io) return code;
  if (mentions(text, {"No such file", "does not exist"})) return base::ErrorCode::not_found;
  const bool system = mentions(
      text, {"Permission denied", "Out of Memory", "Too many open files", "Input/output error",
             "Read-only file system", "Is a directory", "Cannot allocate memory", "Not a directory"});
  return system ? base::ErrorCode::io : base::ErrorCode::damaged;
}

class Config {
 public:
  Config() { CHECK(duckdb_create_config(&config_) == DuckDBSuccess); }
  ~Config() { duckdb_destroy_config(&config_); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  [[nodiscard]] duckdb_config get() const { return config_; }
  base::Status set(const char* name, const std::string& value) {
    if (duckdb_set_config(config_, name, value.c_str()) == DuckDBSuccess) return {};
    return base::Error{base::ErrorCode::configuration,
                       std::string("DuckDB does not accept ").append(name).append(" = ").append(value), ""};
  }

 private:
  duckdb_config config_ = nullptr;
};

base::Status configure(Config& config, const DuckdbOptions& options) {
  RETURN_IF_ERROR(config.set("autoinstall_known_extensions", "false"));
  RETURN_IF_ERROR(config.set("autoload_known_extensions", "false"));
  RETURN_IF_ERROR(config.set("threads", std::to_string(options.threads)));
  RETURN_IF_ERROR(config.set("memory_limit", options.memory_limit));
  if (!options.temp_directory.empty()) RETURN_IF_ERROR(config.set("temp_directory", options.temp_directory));
  if (options.read_only) RETURN_IF_ERROR(config.set("access_mode", "READ_ONLY"));
  return {};
}

}  // namespace

struct DuckdbDatabase::Handle {
  std::string path;
  duckdb_database database = nullptr;
};

DuckdbDatabase::DuckdbDatabase(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
DuckdbDatabase::~DuckdbDatabase() { duckdb_close(&handle_->database); }

base::Result<std::unique_ptr<DuckdbDatabase>> DuckdbDatabase::open(const DuckdbOptions& options) {
  Config config;
  RETURN_IF_ERROR(configure(config, options));
  std::unique_ptr<DuckdbDatabase> database(new DuckdbDatabase(std::make_unique<Handle>()));
  database->handle_->path = options.path;
  char* text = nullptr;
  const char* path = options.path.empty() ? nullptr : options.path.c_str();
  if (duckdb_open_ext(path, &database->handle_->database, config.get(), &text) == DuckDBSuccess)
    return database;
  const std::string what = text != nullptr ? text : "DuckDB does not open it";
  duckdb_free(text);
  return base::Error{open_code_of(what), what, options.path};
}

base::Result<std::unique_ptr<DuckdbConnection>> DuckdbDatabase::connect() {
  auto handle = std::make_unique<DuckdbConnection::Handle>();
  handle->path = handle_->path;
  if (duckdb_connect(handle_->database, &handle->connection) != DuckDBSuccess)
    return base::Error{base::ErrorCode::io, "DuckDB gives no connection", handle_->path};
  return std::unique_ptr<DuckdbConnection>(new DuckdbConnection(std::move(handle)));
}

DuckdbConnection::DuckdbConnection(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
DuckdbConnection::~DuckdbConnection() { duckdb_disconnect(&handle_->connection); }

base::Error DuckdbConnection::error(const char* text) const {
  const std::string what = text != nullptr ? text : "DuckDB failed without a word";
  return {code_of(what), what, handle_->path};
}

base::Status DuckdbConnection::run(const std::string& sql) {
  duckdb_result result;
  base::Status status;
  if (duckdb_query(handle_->connection, sql.c_str(), &result) != DuckDBSuccess)
    status = error(duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return status;
}

struct DuckdbRows::Handle {
  struct Column {
    const char* data = nullptr;
    std::uint64_t* validity = nullptr;
  };
  const DuckdbConnection* connection = nullptr;
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  idx_t rows = 0;
  idx_t row = 0;
  std::vector<Column> columns;

  template <typename T>
  [[nodiscard]] T value(std::size_t column) const {
    T value;
    std::memcpy(&value, columns.at(column).data + row * sizeof value, sizeof value);
    return value;
  }
};

base::Result<std::unique_ptr<DuckdbRows>> DuckdbConnection::query(const std::string& sql) {
  std::unique_ptr<DuckdbRows> rows(new DuckdbRows(std::make_unique<DuckdbRows::Handle>()));
  DuckdbRows::Handle& handle = *rows->handle_;
  handle.connection = this;
  if (duckdb_prepare(handle_->connection, sql.c_str(), &handle.statement) != DuckDBSuccess)
    return error(duckdb_prepare_error(handle.statement));
  duckdb_pending_result pending = nullptr;
  base::Status status;
  if (duckdb_pending_prepared_streaming(handle.statement, &pending) != DuckDBSuccess) {
    status = error(duckdb_pending_error(pending));
  } else if (duckdb_execute_pending(pending, &handle.result) != DuckDBSuccess) {
    status = error(duckdb_result_error(&handle.result));
  }
  duckdb_destroy_pending(&pending);
  if (!status.ok()) return status.error();
  handle.columns.resize(duckdb_column_count(&handle.result));
  return rows;
}

base::Result<std::int64_t> DuckdbConnection::integer(const std::string& sql) {
  ASSIGN_OR_RETURN(const std::unique_ptr<DuckdbRows> rows, query(sql));
  ASSIGN_OR_RETURN(const bool there, rows->next());
  if (!there || rows->is_null(0)) return error("a query for one number gave none");
  return rows->int64(0);
}

DuckdbRows::DuckdbRows(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
DuckdbRows::~DuckdbRows() {
  duckdb_destroy_data_chunk(&handle_->chunk);
  duckdb_destroy_result(&handle_->result);
  duckdb_destroy_prepare(&handle_->statement);
}

base::Result<bool> DuckdbRows::next() {
  Handle& h = *handle_;
  if (++h.row < h.rows) return true;
  do {
    duckdb_destroy_data_chunk(&h.chunk);
    h.chunk = duckdb_fetch_chunk(h.result);
    h.row = h.rows = 0;
    if (h.chunk == nullptr) {
      if (const char* text = duckdb_result_error(&h.result); text != nullptr && *text != '\0')
        return h.connection->error(text);
      return false;
    }
    h.rows = duckdb_data_chunk_get_size(h.chunk);
  } while (h.rows == 0);
  for (std::size_t c = 0; c < h.columns.size(); ++c) {
    duckdb_vector vector = duckdb_data_chunk_get_vector(h.chunk, c);
    h.columns[c] = {static_cast<const char*>(duckdb_vector_get_data(vector)),
                    duckdb_vector_get_validity(vector)};
  }
  return true;
}

std::size_t DuckdbRows::columns() const { return handle_->columns.size(); }

bool DuckdbRows::is_null(std::size_t column) const {
  std::uint64_t* validity = handle_->columns.at(column).validity;
  return validity != nullptr && !duckdb_validity_row_is_valid(validity, handle_->row);
}
std::int32_t DuckdbRows::int32(std::size_t column) const { return handle_->value<std::int32_t>(column); }
std::int64_t DuckdbRows::int64(std::size_t column) const { return handle_->value<std::int64_t>(column); }
base::Int128 DuckdbRows::int128(std::size_t column) const { return handle_->value<base::Int128>(column); }
std::string_view DuckdbRows::text(std::size_t column) const {
  const char* place = handle_->columns.at(column).data + handle_->row * sizeof(duckdb_string_t);
  auto* text =
      reinterpret_cast<duckdb_string_t*>(const_cast<char*>(place));  // short texts stand in the vector itself
  return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out.push_back('\'');
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

}  // namespace tickerhouse::sinks

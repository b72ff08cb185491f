#include "sinks/duckdb_appender.h"

#include <duckdb.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sinks/duckdb_handles.h"

namespace tickerhouse::sinks {
namespace {

std::size_t width_of(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  switch (id == DUCKDB_TYPE_DECIMAL ? duckdb_decimal_internal_type(type) : id) {
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return sizeof(std::int32_t);
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
      return sizeof(std::int64_t);
    case DUCKDB_TYPE_HUGEINT:
      return sizeof(base::Int128);
    default:
      return 0;  // text
  }
}

bool is_ascii(std::string_view text) {
  unsigned char bits = 0;
  for (const char c : text) bits |= static_cast<unsigned char>(c);
  return (bits & 0x80U) == 0;
}

bool is_utf8(std::string_view text) {
  if (is_ascii(text)) return true;
  duckdb_error_data fault = duckdb_valid_utf8_check(text.data(), text.size());
  if (fault == nullptr) return true;
  const bool good = !duckdb_error_data_has_error(fault);
  duckdb_destroy_error_data(&fault);
  return good;
}

}  // namespace

struct DuckdbAppender::Handle {
  struct Column {
    std::size_t width = 0;
    bool blob = false;
    duckdb_vector vector = nullptr;
    char* data = nullptr;
    std::uint64_t* validity = nullptr;  // of this chunk, once it has a null
  };
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<Column> columns;
  std::size_t column = 0;
  idx_t row = 0;
  idx_t rows_max = duckdb_vector_size();
  std::size_t chunk_bytes = 0;
  std::size_t held_bytes = 0;  // given to the appender since its last flush
  bool pulled = false;
  std::function<Pull()> begin_pull;
  Pull pull;
  std::vector<std::string> names;
  std::vector<duckdb_logical_type> types;

  ~Handle() {
    for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  }
  void begin_chunk(duckdb_data_chunk into) {
    row = 0;
    chunk_bytes = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c].vector = duckdb_data_chunk_get_vector(into, c);
      columns[c].validity = nullptr;
      columns[c].data = static_cast<char*>(duckdb_vector_get_data(columns[c].vector));
    }
  }
};

DuckdbAppender::DuckdbAppender(DuckdbConnection& connection, std::unique_ptr<Handle> handle)
    : connection_(connection), handle_(std::move(handle)) {}

DuckdbAppender::~DuckdbAppender() {
  duckdb_destroy_data_chunk(&handle_->chunk);
  if (handle_->appender != nullptr) duckdb_appender_clear(handle_->appender);  // destroying would flush
  duckdb_appender_destroy(&handle_->appender);
}

base::Result<std::unique_ptr<DuckdbAppender>> DuckdbAppender::create(DuckdbConnection& connection,
                                                                     const std::string& table) {
  std::unique_ptr<DuckdbAppender> made(new DuckdbAppender(connection, std::make_unique<Handle>()));
  Handle& h = *made->handle_;
  if (duckdb_appender_create(connection.handle_->connection, nullptr, table.c_str(), &h.appender) !=
      DuckDBSuccess)
    return connection.error(duckdb_appender_error(h.appender));
  for (idx_t c = 0; c < duckdb_appender_column_count(h.appender); ++c) {
    h.types.push_back(duckdb_appender_column_type(h.appender, c));
    h.columns.push_back({width_of(h.types.back()), duckdb_get_type_id(h.types.back()) == DUCKDB_TYPE_BLOB,
                         nullptr, nullptr, nullptr});
  }
  h.chunk = duckdb_create_data_chunk(h.types.data(), h.types.size());
  h.begin_chunk(h.chunk);
  return made;
}

// The table function: rows are put straight into DuckDB's own chunk.
struct PulledRows {
  using Handle = DuckdbAppender::Handle;

  static void bind(duckdb_bind_info info) {
    const auto& h = *static_cast<Handle*>(duckdb_bind_get_extra_info(info));
    for (std::size_t c = 0; c < h.types.size(); ++c)
      duckdb_bind_add_result_column(info, h.names[c].c_str(), h.types[c]);
  }
  static void init(duckdb_init_info info) {
    auto& h = *static_cast<Handle*>(duckdb_init_get_extra_info(info));
    h.pull = h.begin_pull();
    duckdb_init_set_max_threads(info, 1);  // in their order
    duckdb_init_set_init_data(info, new bool(true), [](void* data) { delete static_cast<bool*>(data); });
  }
  static void scan(duckdb_function_info info, duckdb_data_chunk output) {
    auto& h = *static_cast<Handle*>(duckdb_function_get_extra_info(info));
    bool& more = *static_cast<bool*>(duckdb_function_get_init_data(info));
    h.begin_chunk(output);
    while (more && h.row == 0) {
      const base::Result<bool> pulled = h.pull(h.rows_max);
      if (!pulled.ok()) return duckdb_function_set_error(info, pulled.error().message().c_str());
      more = *pulled;
    }
    duckdb_data_chunk_set_size(output, h.row);
  }
};

base::Result<std::unique_ptr<DuckdbAppender>> DuckdbAppender::create_pulled(DuckdbConnection& connection,
                                                                            const std::string& table) {
  ASSIGN_OR_RETURN(auto made, create(connection, table));
  Handle& h = *made->handle_;
  h.pulled = true;
  {
    ASSIGN_OR_RETURN(const auto names, connection.query("SELECT name FROM pragma_table_info(" +
                                                        sql_text(table) + ") ORDER BY cid"));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, names->next());
      if (!more) break;
      h.names.emplace_back(names->text(0));
    }
  }
  CHECK(h.names.size() == h.types.size());
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "pulled_rows");
  duckdb_table_function_set_extra_info(function, &h, nullptr);
  duckdb_table_function_set_bind(function, PulledRows::bind);
  duckdb_table_function_set_init(function, PulledRows::init);
  duckdb_table_function_set_function(function, PulledRows::scan);
  const bool done = duckdb_register_table_function(connection.handle_->connection, function) == DuckDBSuccess;
  duckdb_destroy_table_function(&function);
  if (!done) return connection.error("the function pulled_rows is not taken");
  return made;
}

void DuckdbAppender::set_pull(std::function<Pull()> begin) { handle_->begin_pull = std::move(begin); }

template <typename T>
void DuckdbAppender::put_value(const T& value) {
  const Handle::Column& column = handle_->columns.at(handle_->column++);
  CHECK(column.width == sizeof value);
  std::memcpy(column.data + handle_->row * sizeof value, &value, sizeof value);
}

void DuckdbAppender::put(std::int32_t value) { put_value(value); }
void DuckdbAppender::put(std::int64_t value) { put_value(value); }
void DuckdbAppender::put(base::Int128 value) { put_value(value); }

void DuckdbAppender::put(std::string_view value) {
  const Handle::Column& column = handle_->columns.at(handle_->column++);
  CHECK(column.width == 0);
  handle_->chunk_bytes += value.size();
  std::string readable;
  if (!column.blob && !is_utf8(value)) {
    readable = value;
    for (char& c : readable)
      if ((static_cast<unsigned char>(c) & 0x80U) != 0) c = '?';
    value = readable;
  }
  duckdb_unsafe_vector_assign_string_element_len(column.vector, handle_->row, value.data(), value.size());
}

void DuckdbAppender::put_null() {
  Handle::Column& column = handle_->columns.at(handle_->column++);
  if (column.validity == nullptr) {
    duckdb_vector_ensure_validity_writable(column.vector);
    column.validity = duckdb_vector_get_validity(column.vector);
  }
  column.validity[handle_->row / 64] &= ~(std::uint64_t{1} << (handle_->row % 64));
}

base::Status DuckdbAppender::end_row() {
  Handle& h = *handle_;
  CHECK(h.column == h.columns.size());
  h.column = 0;
  if (h.pulled) {
    CHECK(h.row < h.rows_max);
    ++h.row;
    return {};
  }
  if (++h.row == h.rows_max || h.chunk_bytes > kAppenderBytesMax / 2) RETURN_IF_ERROR(append_chunk());
  return h.held_bytes > kAppenderBytesMax / 2 ? flush() : base::Status();
}

base::Status DuckdbAppender::append_chunk() {
  Handle& h = *handle_;
  if (h.row == 0) return {};
  duckdb_data_chunk_set_size(h.chunk, h.row);
  if (duckdb_append_data_chunk(h.appender, h.chunk) != DuckDBSuccess)
    return connection_.error(duckdb_appender_error(h.appender));
  h.held_bytes += h.chunk_bytes;
  duckdb_data_chunk_reset(h.chunk);
  h.begin_chunk(h.chunk);
  return {};
}

base::Status DuckdbAppender::flush() {
  CHECK(handle_->column == 0);
  RETURN_IF_ERROR(append_chunk());
  handle_->held_bytes = 0;
  if (duckdb_appender_flush(handle_->appender) != DuckDBSuccess)
    return connection_.error(duckdb_appender_error(handle_->appender));
  return {};
}

}  // namespace tickerhouse::sinks

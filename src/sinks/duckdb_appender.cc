#include "sinks/duckdb_appender.h"

#include <duckdb.h>

#include <cstring>
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

bool is_utf8(std::string_view text) {
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
  };
  duckdb_appender appender = nullptr;
  duckdb_data_chunk chunk = nullptr;
  std::vector<Column> columns;
  std::size_t column = 0;
  idx_t row = 0;
  idx_t rows_max = duckdb_vector_size();
  std::size_t chunk_bytes = 0;
  std::size_t held_bytes = 0;  // given to the appender since its last flush

  void begin_chunk() {
    duckdb_data_chunk_reset(chunk);
    row = 0;
    chunk_bytes = 0;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      columns[c].vector = duckdb_data_chunk_get_vector(chunk, c);
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
  std::vector<duckdb_logical_type> types;
  for (idx_t c = 0; c < duckdb_appender_column_count(h.appender); ++c) {
    types.push_back(duckdb_appender_column_type(h.appender, c));
    h.columns.push_back(
        {width_of(types.back()), duckdb_get_type_id(types.back()) == DUCKDB_TYPE_BLOB, nullptr, nullptr});
  }
  h.chunk = duckdb_create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  h.begin_chunk();
  return made;
}

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
  const Handle::Column& column = handle_->columns.at(handle_->column++);
  duckdb_vector_ensure_validity_writable(column.vector);
  duckdb_validity_set_row_invalid(duckdb_vector_get_validity(column.vector), handle_->row);
}

base::Status DuckdbAppender::end_row() {
  Handle& h = *handle_;
  CHECK(h.column == h.columns.size());
  h.column = 0;
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
  h.begin_chunk();
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

#include "sinks/sql/sql_rows.h"

#include <duckdb.h>

#include <cstring>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "sinks/duckdb_handles.h"

namespace tickerhouse::sinks {
namespace {

constexpr std::size_t kMessageBytesMax = 4U << 20U;  // of text; one row may go beyond
constexpr std::size_t kText = 0;

// Bytes of a value; kText for text and bytes. The store has no other types.
std::size_t width_of(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB:
      return kText;
    case DUCKDB_TYPE_BOOLEAN:
      return 1;
    case DUCKDB_TYPE_SMALLINT:
      return 2;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
      return 4;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIMESTAMP:
      return 8;
    case DUCKDB_TYPE_HUGEINT:
      return 16;
    default:
      CHECK(false && "a type of the store's tables");
      return 0;
  }
}

std::size_t width_of(duckdb_vector vector) {
  duckdb_logical_type logical = duckdb_vector_get_column_type(vector);
  duckdb_type type = duckdb_get_type_id(logical);
  if (type == DUCKDB_TYPE_DECIMAL) type = duckdb_decimal_internal_type(logical);
  duckdb_destroy_logical_type(&logical);
  return width_of(type);
}

std::string_view text_at(duckdb_vector vector, idx_t row) {
  auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

bool valid_at(duckdb_vector vector, idx_t row) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  return validity == nullptr || duckdb_validity_row_is_valid(validity, row);
}

void encode_column(base::ByteWriter& out, duckdb_vector vector, std::pair<idx_t, idx_t> rows) {
  const std::size_t width = width_of(vector);
  for (idx_t row = rows.first; row < rows.second; ++row)
    out.put(static_cast<std::uint8_t>(valid_at(vector, row)));
  if (width != kText) {
    const auto* data = static_cast<const char*>(duckdb_vector_get_data(vector));
    out.put_text({data + rows.first * width, (rows.second - rows.first) * width});
    return;
  }
  for (idx_t row = rows.first; row < rows.second; ++row)
    out.put_text(valid_at(vector, row) ? text_at(vector, row) : std::string_view());
}

bool decode_column(base::ByteReader& in, std::uint32_t rows, duckdb_vector vector) {
  duckdb_vector_ensure_validity_writable(vector);
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  for (std::uint32_t row = 0; row < rows; ++row)
    duckdb_validity_set_row_validity(validity, row, in.get<std::uint8_t>() != 0);
  const std::size_t width = width_of(vector);
  if (width != kText) {
    const std::string_view data = in.get_text();
    if (data.size() != rows * width) return false;
    std::memcpy(duckdb_vector_get_data(vector), data.data(), data.size());
    return true;
  }
  for (std::uint32_t row = 0; row < rows && in.ok(); ++row) {
    const std::string_view text = in.get_text();
    if (duckdb_validity_row_is_valid(validity, row))
      duckdb_vector_assign_string_element_len(vector, row, text.data(), text.size());
  }
  return in.ok();
}

}  // namespace

struct SqlScan::Handle {
  const DuckdbConnection* connection = nullptr;
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  duckdb_data_chunk chunk = nullptr;
  idx_t at = 0;
  idx_t rows = 0;
};

SqlScan::SqlScan(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
SqlScan::~SqlScan() {
  duckdb_destroy_data_chunk(&handle_->chunk);
  duckdb_destroy_result(&handle_->result);
  duckdb_destroy_prepare(&handle_->statement);
}

base::Result<std::unique_ptr<SqlScan>> SqlScan::open(DuckdbConnection& connection, const std::string& sql) {
  std::unique_ptr<SqlScan> scan(new SqlScan(std::make_unique<Handle>()));
  Handle& handle = *scan->handle_;
  handle.connection = &connection;
  if (duckdb_prepare(DuckdbAccess::raw(connection), sql.c_str(), &handle.statement) != DuckDBSuccess)
    return connection.error(duckdb_prepare_error(handle.statement));
  duckdb_pending_result pending = nullptr;
  base::Status status;
  if (duckdb_pending_prepared_streaming(handle.statement, &pending) != DuckDBSuccess) {
    status = connection.error(duckdb_pending_error(pending));
  } else if (duckdb_execute_pending(pending, &handle.result) != DuckDBSuccess) {
    status = connection.error(duckdb_result_error(&handle.result));
  }
  duckdb_destroy_pending(&pending);
  if (!status.ok()) return status.error();
  return scan;
}

base::Result<std::string> SqlScan::next() {
  Handle& h = *handle_;
  while (h.at == h.rows) {
    duckdb_destroy_data_chunk(&h.chunk);
    h.chunk = duckdb_fetch_chunk(h.result);
    h.at = h.rows = 0;
    if (h.chunk == nullptr) {
      if (const char* text = duckdb_result_error(&h.result); text != nullptr && *text != '\0')
        return h.connection->error(text);
      return std::string();
    }
    h.rows = duckdb_data_chunk_get_size(h.chunk);
  }
  const idx_t columns = duckdb_data_chunk_get_column_count(h.chunk);
  const idx_t first = h.at;
  for (std::size_t bytes = 0; h.at < h.rows && bytes < kMessageBytesMax; ++h.at)
    for (idx_t c = 0; c < columns; ++c) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(h.chunk, c);
      if (width_of(vector) == kText && valid_at(vector, h.at)) bytes += text_at(vector, h.at).size();
    }
  std::string message;
  base::ByteWriter out(message);
  out.put(static_cast<std::uint32_t>(h.at - first));
  for (idx_t c = 0; c < columns; ++c)
    encode_column(out, duckdb_data_chunk_get_vector(h.chunk, c), {first, h.at});
  return message;
}

std::string quoted_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  return text.append("\"");
}

bool decode_rows(std::string_view rows, const std::vector<std::size_t>& columns, _duckdb_data_chunk* chunk) {
  duckdb_data_chunk_set_size(chunk, 0);
  if (rows.empty()) return true;
  base::ByteReader in(rows);
  const auto count = in.get<std::uint32_t>();
  if (!in.ok() || count > duckdb_vector_size()) return false;
  for (const std::size_t c : columns)
    if (!decode_column(in, count, duckdb_data_chunk_get_vector(chunk, c))) return false;
  duckdb_data_chunk_set_size(chunk, count);
  return true;
}

}  // namespace tickerhouse::sinks

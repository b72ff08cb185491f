#include "sinks/sql/sql_worker.h"

#include <duckdb.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "sinks/duckdb_handles.h"
#include "sinks/sql/sql_database.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TICKERHOUSE_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TICKERHOUSE_SANITIZED
#endif

namespace tickerhouse::sinks {
namespace {

using base::ErrorCode;

[[maybe_unused]] constexpr std::uint64_t kOwnBytes =
    256U << 20U;           // the program, DuckDB's code and what it does not count
constexpr int kNice = 10;  // the pipeline goes first

void limit(__rlimit_resource what, std::uint64_t value) {
  const rlimit both{value, value};
  ::setrlimit(what, &both);
}

// No file is written, not even a core; memory ends where the kernel says.
void confine(std::uint64_t memory_bytes_max) {
  std::signal(SIGXFSZ, SIG_IGN);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
#ifndef TICKERHOUSE_SANITIZED  // which reserves more memory than any limit has
  limit(RLIMIT_DATA, memory_bytes_max + kOwnBytes);
#else
  static_cast<void>(memory_bytes_max);
#endif
}

bool is_number(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_DECIMAL:
      return true;
    default:
      return false;
  }
}

struct Column {
  std::string name;
  std::string type;
  bool number = false;
};

// One statement, from its text to the last message about it.
class Statement {
 public:
  Statement(SqlChannel& channel, const SqlRequest& request) : channel_(channel), request_(request) {}
  ~Statement() { clear(); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  base::Status run() {
    RETURN_IF_ERROR(prepare(SqlFiles::none));
    const duckdb_statement_type type = duckdb_prepared_statement_type(prepared_);
    // An EXPLAIN stays without files: EXPLAIN ANALYZE runs what it explains, be that COPY, and DuckDB does
    // not say what it is.
    if (type == DUCKDB_STATEMENT_TYPE_SELECT) {
      if (database_->history_was_asked()) RETURN_IF_ERROR(prepare(SqlFiles::history));
    } else if (type != DUCKDB_STATEMENT_TYPE_EXPLAIN) {
      return refusal(
          "only statements that read are taken: SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, "
          "SUMMARIZE, EXPLAIN");
    }
    duckdb_pending_result pending = nullptr;
    base::Status status;
    if (duckdb_pending_prepared_streaming(prepared_, &pending) != DuckDBSuccess) {
      status = failure(duckdb_pending_error(pending));
    } else if (duckdb_execute_pending(pending, &result_) != DuckDBSuccess) {
      status = failure(duckdb_result_error(&result_));
    }
    duckdb_destroy_pending(&pending);
    if (!status.ok()) return status;
    RETURN_IF_ERROR(read_columns());
    RETURN_IF_ERROR(send_rows());
    return send_end();
  }

 private:
  static base::Error refusal(std::string what) { return {ErrorCode::invalid_argument, std::move(what), ""}; }

  // DuckDB's own words, but for its advice on settings that nobody here can change.
  [[nodiscard]] base::Error failure(const char* text) const {
    std::string what = text == nullptr ? "DuckDB failed without a word" : text;
    if (what.starts_with("Out of Memory"))
      return {ErrorCode::over_limit,
              "the statement needs more than " + std::to_string(request_.memory_bytes_max / 1'000'000) +
                  " MB of memory",
              ""};
    return refusal(std::move(what));
  }

  void clear() {
    duckdb_destroy_result(&result_);
    duckdb_destroy_prepare(&prepared_);
  }

  base::Status prepare(SqlFiles files) {
    clear();
    ASSIGN_OR_RETURN(database_, SqlDatabase::open(channel_, request_, files));
    duckdb_connection connection = DuckdbAccess::raw(database_->connection());
    duckdb_extracted_statements statements = nullptr;
    const idx_t count = duckdb_extract_statements(connection, request_.text.c_str(), &statements);
    base::Status status;
    if (count == 0) {
      const char* text = duckdb_extract_statements_error(statements);
      status = text == nullptr ? refusal("there is no statement") : failure(text);
    } else if (count > 1) {
      status = refusal("one statement at a time");
    } else if (duckdb_prepare_extracted_statement(connection, statements, 0, &prepared_) != DuckDBSuccess) {
      status = failure(duckdb_prepare_error(prepared_));
    }
    duckdb_destroy_extracted(&statements);
    return status;
  }

  base::Status read_columns() {
    std::vector<duckdb_logical_type> types;
    for (idx_t c = 0; c < duckdb_column_count(&result_); ++c) {
      types.push_back(duckdb_column_logical_type(&result_, c));
      const duckdb_type type = duckdb_get_type_id(types.back());
      columns_.push_back({duckdb_column_name(&result_, c), "", is_number(type)});
      const std::string name = "c" + std::to_string(c);
      as_text_.append(c == 0 ? "SELECT " : ", ")
          .append(type == DUCKDB_TYPE_BLOB ? "base64(" + name + ")" : name + "::VARCHAR");
    }
    as_text_.append(" FROM result_rows()");
    database_->set_result_types(std::move(types));
    ASSIGN_OR_RETURN(const auto described, database_->texts().query("DESCRIBE FROM result_rows()"));
    for (Column& column : columns_) {
      ASSIGN_OR_RETURN(const bool there, described->next());
      if (there) column.type = described->text(1);
    }
    return {};
  }

  base::Status send_rows() {
    std::uint64_t left = request_.rows_max;
    while (!truncated_) {
      duckdb_data_chunk chunk = duckdb_fetch_chunk(result_);
      if (chunk == nullptr) {
        const char* text = duckdb_result_error(&result_);
        return text == nullptr || *text == '\0' ? base::Status() : failure(text);
      }
      truncated_ = duckdb_data_chunk_get_size(chunk) > left;
      const std::uint64_t rows = std::min<std::uint64_t>(left, duckdb_data_chunk_get_size(chunk));
      database_->set_result_rows(chunk);
      base::Status sent = send_cells(rows);
      database_->set_result_rows(nullptr);
      duckdb_destroy_data_chunk(&chunk);
      if (!sent.ok()) return sent;
      left -= rows;
    }
    return {};
  }

  base::Status send_cells(std::uint64_t rows) {
    ASSIGN_OR_RETURN(const auto texts, database_->texts().query(as_text_));
    std::string body;
    base::ByteWriter out(body);
    for (std::uint64_t row = 0; row < rows; ++row) {
      ASSIGN_OR_RETURN(const bool there, texts->next());
      if (!there) return refusal("a row of the result has no text");
      for (std::size_t c = 0; c < columns_.size(); ++c) {
        out.put(static_cast<std::uint8_t>(!texts->is_null(c)));
        if (texts->is_null(c)) continue;
        const std::string_view text = texts->text(c);
        out.put_text(text);
        if (text == "nan" || text == "inf" || text == "-inf") columns_[c].number = false;
      }
      bytes_ += body.size();
      if (bytes_ > kSqlResultBytesMax)
        return base::Error{ErrorCode::over_limit, "the result has more than 32 MB; ask for fewer rows", ""};
      RETURN_IF_ERROR(channel_.send(SqlFrame::cells, body));
      body.clear();
    }
    return {};
  }

  base::Status send_end() {
    std::string body;
    base::ByteWriter out(body);
    out.put(static_cast<std::uint32_t>(columns_.size()));
    for (const Column& column : columns_) {
      out.put_text(column.name);
      out.put_text(column.type);
      out.put(static_cast<std::uint8_t>(column.number));
    }
    RETURN_IF_ERROR(channel_.send(SqlFrame::columns, body));
    return channel_.send(SqlFrame::end, std::string(1, truncated_ ? '\1' : '\0'));
  }

  SqlChannel& channel_;
  const SqlRequest& request_;
  std::unique_ptr<SqlDatabase> database_;
  duckdb_prepared_statement prepared_ = nullptr;
  duckdb_result result_{};
  std::vector<Column> columns_;
  std::string as_text_;
  std::size_t bytes_ = 0;
  bool truncated_ = false;
};

base::Status answer(SqlChannel& channel) {
  ASSIGN_OR_RETURN(const SqlMessage message, channel.receive());
  ASSIGN_OR_RETURN(const SqlRequest request, decode_request(message.body));
  confine(request.memory_bytes_max);
  Statement statement(channel, request);
  base::Status done = statement.run();
  if (done.ok()) return done;
  std::string body(1, static_cast<char>(done.error().code));
  return channel.send(SqlFrame::failure, body.append(done.error().what));
}

}  // namespace

int run_sql_worker() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::setpriority(PRIO_PROCESS, 0, kNice);
  SqlChannel channel(STDIN_FILENO);
  return answer(channel).ok() ? 0 : 1;
}

}  // namespace tickerhouse::sinks

// Messages between the process that owns the store and the one that runs a user's statement, over a socket
// pair. The owner answers; it trusts nothing that it receives.
//
//   owner -> worker   request   the statement, its limits and the tables there are
//   worker -> owner   open      scan, table, columns: read these, from now on as that scan
//                     next      scan; answered by `rows` (none: the end) or `failure`
//                     cells, columns, end: the result; or `failure`
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace tickerhouse::sinks {

enum class SqlFrame : std::uint8_t { request = 1, open, next, rows, failure, cells, columns, end };

// Of a result, as the worker sends it; from twice as much on it is not honest.
inline constexpr std::size_t kSqlResultBytesMax = 32U << 20U;

struct SqlMessage {
  SqlFrame kind = SqlFrame::end;
  std::string body;
};

// A table or view of the store, with the types as SQL.
struct SqlRelation {
  std::string name;
  std::vector<std::pair<std::string, std::string>> columns;
};

struct SqlRequest {
  std::string text;
  std::uint64_t rows_max = 0;
  std::uint64_t memory_bytes_max = 0;
  std::vector<SqlRelation> relations;
};
std::string encode_request(const SqlRequest& request);
base::Result<SqlRequest> decode_request(std::string_view body);

class SqlChannel {
 public:
  static constexpr base::TsNanos kNoDeadline = std::numeric_limits<base::TsNanos>::max();
  explicit SqlChannel(int socket) : socket_(socket) {}  // takes it over
  ~SqlChannel();
  SqlChannel(const SqlChannel&) = delete;
  SqlChannel& operator=(const SqlChannel&) = delete;

  // Deadlines are of the monotonic clock. over_limit: it has passed; cut_off: the other side is gone.
  base::Status send(SqlFrame kind, std::string_view body, base::TsNanos deadline = kNoDeadline);
  base::Result<SqlMessage> receive(base::TsNanos deadline = kNoDeadline);

 private:
  [[nodiscard]] base::Status wait(int events, base::TsNanos deadline) const;
  base::Status read_all(char* to, std::size_t size, base::TsNanos deadline);
  int socket_;
};

}  // namespace tickerhouse::sinks

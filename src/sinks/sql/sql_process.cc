#include "sinks/sql/sql_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "sinks/sql/sql_rows.h"

namespace tickerhouse::sinks {
namespace {

using base::ErrorCode;

constexpr std::size_t kScansMax = 8;

// Connections that see one state of the store, one for each scan, as scans of one connection would have to
// wait for each other. They began at the same state if the first and the last read the same positions, which
// every flush changes; else they begin anew.
class Snapshot {
 public:
  base::Status open(DuckdbDatabase& database, base::TsNanos deadline) {
    while (free_.size() < kScansMax) {
      ASSIGN_OR_RETURN(auto connection, database.connect());
      free_.push_back(std::move(connection));
    }
    opened_ = true;
    while (base::system_clock().monotonic_now() < deadline) {
      std::string first;
      std::string last;
      for (const auto& connection : free_) {
        RETURN_IF_ERROR(connection->run("BEGIN"));
        ASSIGN_OR_RETURN(last, positions(*connection));
        if (connection == free_.front()) first = last;
      }
      if (first == last) return {};
      for (const auto& connection : free_) RETURN_IF_ERROR(connection->run("ROLLBACK"));
    }
    return base::Error{ErrorCode::over_limit, "the store changes too fast to be read", ""};
  }
  [[nodiscard]] bool is_open() const { return opened_; }
  std::unique_ptr<DuckdbConnection> take() {
    if (free_.empty()) return nullptr;
    auto connection = std::move(free_.back());
    free_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<DuckdbConnection> connection) { free_.push_back(std::move(connection)); }

 private:
  static base::Result<std::string> positions(DuckdbConnection& connection) {
    ASSIGN_OR_RETURN(const auto rows,
                     connection.query("SELECT topic, \"partition\", next_offset FROM positions"));
    std::string text;
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows->next());
      if (!more) return text;
      text.append(rows->text(0)).append(" ").append(std::to_string(rows->int32(1)));
      text.append(" ").append(std::to_string(rows->int64(2))).append("\n");
    }
  }
  std::vector<std::unique_ptr<DuckdbConnection>> free_;
  bool opened_ = false;
};

// The other process; killed when this goes.
class Worker {
 public:
  static base::Result<std::unique_ptr<Worker>> start(const SqlProcessOptions& options) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return failed(errno, options);
    pid_t pid = -1;
    const int code = spawn(options, ends[1], pid);
    ::close(ends[1]);
    if (code == 0) return std::make_unique<Worker>(pid, ends[0]);
    ::close(ends[0]);
    return failed(code, options);
  }
  Worker(pid_t pid, int socket) : channel(socket), pid_(pid) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  SqlChannel channel;

 private:
  static base::Error failed(int code, const SqlProcessOptions& options) {
    return {ErrorCode::io, "cannot start a process for a statement: " + std::system_category().message(code),
            options.program.front()};
  }

  // It inherits the socket as its standard input and nothing else; no variable of the environment but what
  // its libraries are found by.
  static int spawn(const SqlProcessOptions& options, int socket, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addchdir_np(&actions, options.directory.c_str());
    sigset_t signals;
    ::sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&attributes, &signals);
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes, &signals);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words = options.program;
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const char* libraries = std::getenv("LD_LIBRARY_PATH");
    std::string variable = std::string("LD_LIBRARY_PATH=").append(libraries == nullptr ? "" : libraries);
    std::array<char*, 2> environment{libraries == nullptr ? nullptr : variable.data(), nullptr};
    const int code = ::posix_spawn(&pid, words.front().c_str(), &actions, &attributes, arguments.data(),
                                   environment.data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    return code;
  }

  pid_t pid_;
};

// One statement, seen from the owner's side.
class Conversation {
 public:
  Conversation(DuckdbDatabase& database, const std::vector<SqlRelation>& relations, SqlChannel& channel,
               base::TsNanos deadline)
      : database_(database), relations_(relations), channel_(channel), deadline_(deadline) {}

  base::Result<flow::SqlTable> run(const SqlRequest& request) {
    RETURN_IF_ERROR(channel_.send(SqlFrame::request, encode_request(request), deadline_));
    while (true) {
      ASSIGN_OR_RETURN(const SqlMessage message, channel_.receive(deadline_));
      base::ByteReader in(message.body);
      switch (message.kind) {
        case SqlFrame::open:
          RETURN_IF_ERROR(open_scan(in));
          break;
        case SqlFrame::next:
          RETURN_IF_ERROR(send_rows(in.get<std::uint32_t>()));
          break;
        case SqlFrame::cells:
          RETURN_IF_ERROR(take_cells(in, message.body.size()));
          break;
        case SqlFrame::columns:
          take_columns(in);
          break;
        case SqlFrame::end:
          table_.truncated = in.get<std::uint8_t>() != 0;
          if (!in.ok() || table_.columns.empty() || table_.cells.size() % table_.columns.size() != 0)
            return nonsense();
          return std::move(table_);
        case SqlFrame::failure:
          return failure(message.body);
        default:
          return nonsense();
      }
      if (!in.at_end()) return nonsense();
    }
  }

 private:
  struct Scan {
    std::unique_ptr<DuckdbConnection> connection;
    std::unique_ptr<SqlScan> rows;
    std::string failure;
  };

  static base::Error nonsense() {
    return {ErrorCode::io, "the process of the statement sent a message that means nothing", ""};
  }
  static base::Error failure(const std::string& body) {
    if (body.empty()) return nonsense();
    const auto code = static_cast<ErrorCode>(body.front());
    const bool known = code == ErrorCode::over_limit || code == ErrorCode::invalid_argument;
    return {known ? code : ErrorCode::io, body.substr(1), ""};
  }

  base::Status open_scan(base::ByteReader& in) {
    const auto number = in.get<std::uint32_t>();
    const auto relation = in.get<std::uint32_t>();
    if (!in.ok() || relation >= relations_.size()) return nonsense();
    std::string sql;
    while (!in.at_end()) {
      const auto column = in.get<std::uint32_t>();
      if (!in.ok() || column >= relations_[relation].columns.size()) return nonsense();
      sql.append(sql.empty() ? "SELECT " : ", ")
          .append(quoted_name(relations_[relation].columns[column].first));
    }
    if (sql.empty()) sql = "SELECT true";  // only how many rows there are
    sql.append(" FROM ").append(quoted_name(relations_[relation].name));
    if (!snapshot_.is_open()) RETURN_IF_ERROR(snapshot_.open(database_, deadline_));
    Scan& scan = scans_[number];
    scan.connection = snapshot_.take();
    if (scan.connection == nullptr) {
      scan.failure = "the statement reads more than " + std::to_string(kScansMax) + " tables at once";
      return {};
    }
    auto rows = SqlScan::open(*scan.connection, sql);
    if (!rows.ok()) return rows.error();
    scan.rows = std::move(rows).value();
    return {};
  }

  base::Status send_rows(std::uint32_t number) {
    const auto found = scans_.find(number);
    if (found == scans_.end()) return nonsense();
    Scan& scan = found->second;
    if (scan.rows == nullptr) return channel_.send(SqlFrame::failure, scan.failure, deadline_);
    ASSIGN_OR_RETURN(const std::string rows, scan.rows->next());
    RETURN_IF_ERROR(channel_.send(SqlFrame::rows, rows, deadline_));
    if (!rows.empty()) return {};
    scan.rows.reset();
    snapshot_.give_back(std::move(scan.connection));
    scans_.erase(found);
    return {};
  }

  base::Status take_cells(base::ByteReader& in, std::size_t size) {
    bytes_ += size;
    if (bytes_ > 2 * kSqlResultBytesMax) return nonsense();
    while (in.ok() && !in.at_end()) {
      if (in.get<std::uint8_t>() == 0) {
        table_.cells.emplace_back();
      } else {
        table_.cells.emplace_back(std::string(in.get_text()));
      }
    }
    return {};
  }

  void take_columns(base::ByteReader& in) {
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t c = 0; c < count && in.ok(); ++c) {
      flow::SqlTable::Column& column = table_.columns.emplace_back();
      column.name = in.get_text();
      column.type = in.get_text();
      column.number = in.get<std::uint8_t>() != 0;
    }
  }

  DuckdbDatabase& database_;
  const std::vector<SqlRelation>& relations_;
  SqlChannel& channel_;
  base::TsNanos deadline_;
  Snapshot snapshot_;
  std::map<std::uint32_t, Scan> scans_;
  flow::SqlTable table_;
  std::size_t bytes_ = 0;
};

base::Error out_of_time(base::DurationNanos time_max) {
  return {ErrorCode::over_limit, "the statement takes longer than " + base::format_duration(time_max), ""};
}

}  // namespace

base::Result<std::unique_ptr<SqlProcesses>> SqlProcesses::make(DuckdbDatabase& database,
                                                               const SqlProcessOptions& options) {
  std::unique_ptr<SqlProcesses> processes(new SqlProcesses(database, options));
  if (options.program.empty()) return processes;
  ASSIGN_OR_RETURN(const auto connection, database.connect());
  ASSIGN_OR_RETURN(const auto rows,
                   connection->query("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE "
                                     "NOT internal AND schema_name = 'main' AND database_name = "
                                     "current_database() ORDER BY table_name, column_index"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->next());
    if (!more) return processes;
    auto& relations = processes->relations_;
    if (relations.empty() || relations.back().name != rows->text(0))
      relations.push_back({std::string(rows->text(0)), {}});
    relations.back().columns.emplace_back(rows->text(1), rows->text(2));
  }
}

base::Result<flow::SqlTable> SqlProcesses::run(const flow::SqlQuery& query) {
  if (options_.program.empty())
    return base::Error{ErrorCode::invalid_argument, "this store takes no SQL", ""};
  if (query.text.find('\0') != std::string::npos)
    return base::Error{ErrorCode::invalid_argument, "a statement has no NUL in it", ""};
  const base::TsNanos deadline = base::system_clock().monotonic_now() + query.time_max;
  if (!turn_.try_acquire_for(std::chrono::nanoseconds(query.time_max)))
    return base::Error{ErrorCode::over_limit, "too many statements at once", ""};
  struct Turn {
    std::counting_semaphore<kAtOnce>& turn;
    ~Turn() { turn.release(); }
  } const held{turn_};
  ASSIGN_OR_RETURN(const auto worker, Worker::start(options_));
  Conversation conversation(database_, relations_, worker->channel, deadline);
  auto table = conversation.run({query.text, query.rows_max, options_.memory_bytes_max, relations_});
  if (table.ok()) return table;
  switch (table.error().code) {
    case ErrorCode::cut_off:  // the kernel would not give it more memory, or DuckDB has a fault
      return base::Error{ErrorCode::over_limit, "the statement took its process down", ""};
    case ErrorCode::over_limit:
      if (base::system_clock().monotonic_now() >= deadline) return out_of_time(query.time_max);
      [[fallthrough]];
    default:
      return table;
  }
}

}  // namespace tickerhouse::sinks

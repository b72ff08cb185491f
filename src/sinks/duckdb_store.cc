#include "sinks/duckdb_store.h"

#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "market/batch.h"
#include "sinks/duckdb_appender.h"
#include "sinks/duckdb_bars.h"
#include "sinks/duckdb_connection.h"
#include "sinks/duckdb_rows.h"
#include "sinks/duckdb_schema.h"
#include "sinks/sql/sql_process.h"

namespace tickerhouse::sinks {
namespace {

using flow::Topic;

base::Result<flow::SinkPosition> read_position(DuckdbConnection& connection,
                                               const std::vector<Topic>& topics) {
  flow::SinkPosition position;
  ASSIGN_OR_RETURN(const auto rows,
                   connection.query("SELECT topic, \"partition\", next_offset FROM positions"));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, rows->next());
    if (!more) return position;
    for (const Topic topic : topics)
      if (rows->text(0) == flow::topic_name(topic))
        position[{topic, static_cast<std::uint16_t>(rows->int32(1))}] = {
            static_cast<std::uint64_t>(rows->int64(2))};
  }
}

std::string write_position(const flow::SinkPosition& position) {
  std::string sql = "DELETE FROM positions; INSERT INTO positions VALUES ";
  const char* comma = "";
  for (const auto& [place, next] : position) {
    sql.append(comma)
        .append("('")
        .append(flow::topic_name(place.first))
        .append("', ")
        .append(std::to_string(place.second));
    sql.append(", ").append(std::to_string(next.value)).append(")");
    comma = ", ";
  }
  return sql;
}

class DuckdbSink final : public flow::Sink {
 public:
  explicit DuckdbSink(std::unique_ptr<DuckdbConnection> connection) : connection_(std::move(connection)) {}

  const flow::SinkInfo& info() const override { return info_; }

  base::Result<flow::SinkPosition> restore() override {
    abandon();
    RETURN_IF_ERROR(bars_.restore(*connection_));
    ASSIGN_OR_RETURN(position_, read_position(*connection_, info_.topics));
    restored_ = true;
    return position_;
  }

  base::Status apply(const flow::ResultBatch& batch) override {
    RETURN_IF_ERROR(ready());
    flow::Offset& next = position_[{batch.topic, batch.partition}];
    if (batch.rows.next <= next) return {};
    const std::uint64_t known = next > batch.rows.first ? next.value - batch.rows.first.value : 0;
    base::Status status = take(batch, batch.rows.skip + known);
    if (!status.ok()) {
      abandon();
      return status;
    }
    next = batch.rows.next;
    return {};
  }

  base::Result<flow::SinkPosition> flush() override {
    RETURN_IF_ERROR(ready());
    if (!in_transaction_) return position_;
    if (base::Status status = commit(); !status.ok()) {
      abandon();
      return status.error();
    }
    return position_;
  }

 private:
  [[nodiscard]] base::Status ready() const {
    if (restored_) return {};
    return connection_->error("the sink stopped at a failure; it goes on after restore()");
  }

  base::Status take(const flow::ResultBatch& batch, std::uint64_t from) {
    if (!in_transaction_) {
      in_transaction_ = true;
      RETURN_IF_ERROR(connection_->run("BEGIN"));
    }
    switch (batch.topic) {
      case Topic::bars:
        take_bars(batch, from);
        return {};
      case Topic::late:
        return take_late(batch, from);
      case Topic::rejects:
        return take_rejects(batch, from);
      default:
        CHECK(false && "a topic of this sink");
        return {};
    }
  }

  void take_bars(const flow::ResultBatch& batch, std::uint64_t from) {
    const market::BatchView<market::BarRow> view(batch.rows.bytes);
    for (std::uint64_t i = from; i < view.row_count(); ++i) {
      const market::BarRow& bar = view.rows()[i];
      bars_.take(view.string(bar.symbol), bar, {batch.partition, view.header().first_sequence + i});
    }
  }

  base::Status take_late(const flow::ResultBatch& batch, std::uint64_t from) {
    if (late_ == nullptr) {
      ASSIGN_OR_RETURN(late_, DuckdbAppender::create(*connection_, "late"));
    }
    const market::EventBatchView view(batch.rows.bytes);
    for (std::uint64_t i = from; i < view.row_count(); ++i) {
      const market::EventRow& row = view.rows()[i];
      put_event(*late_, row,
                {view.string(row.symbol), view.string(row.venue), view.string(row.source),
                 view.text(static_cast<std::uint32_t>(i))});
      late_->put(static_cast<std::int32_t>(batch.partition));
      late_->put(static_cast<std::int64_t>(view.header().first_sequence + i));
      RETURN_IF_ERROR(late_->end_row());
    }
    return {};
  }

  base::Status take_rejects(const flow::ResultBatch& batch, std::uint64_t from) {
    if (rejects_ == nullptr) {
      ASSIGN_OR_RETURN(rejects_, DuckdbAppender::create(*connection_, "rejects"));
    }
    const market::BatchView<market::RejectRow> view(batch.rows.bytes);
    for (std::uint64_t i = from; i < view.row_count(); ++i) {
      const market::RejectRow& row = view.rows()[i];
      put_reject(*rejects_, row, view.string(row.source), view.text(static_cast<std::uint32_t>(i)));
      rejects_->put(static_cast<std::int64_t>(view.header().first_sequence + i));
      RETURN_IF_ERROR(rejects_->end_row());
    }
    return {};
  }

  base::Status commit() {
    RETURN_IF_ERROR(bars_.write(*connection_));
    for (const auto* appender : {&late_, &rejects_})
      if (*appender != nullptr) RETURN_IF_ERROR((*appender)->flush());
    RETURN_IF_ERROR(connection_->run(write_position(position_)));
    RETURN_IF_ERROR(connection_->run("COMMIT"));
    bars_.committed();
    late_.reset();
    rejects_.reset();
    in_transaction_ = false;
    return {};
  }

  // Leaves the target as it was after the last flush.
  void abandon() {
    late_.reset();
    rejects_.reset();
    if (in_transaction_)
      static_cast<void>(connection_->run("ROLLBACK"));  // a transaction that failed may have ended itself
    in_transaction_ = false;
    restored_ = false;
  }

  const flow::SinkInfo info_{"duckdb", {Topic::bars, Topic::late, Topic::rejects}};
  std::unique_ptr<DuckdbConnection> connection_;
  flow::SinkPosition position_;
  BarUpsert bars_;
  std::unique_ptr<DuckdbAppender> late_;
  std::unique_ptr<DuckdbAppender> rejects_;
  bool in_transaction_ = false;
  bool restored_ = false;
};

class DuckdbReader final : public flow::Store {
 public:
  DuckdbReader(std::unique_ptr<DuckdbConnection> connection, std::vector<Topic> topics,
               std::unique_ptr<SqlProcesses> statements)
      : connection_(std::move(connection)), topics_(std::move(topics)), statements_(std::move(statements)) {}

  base::Status scan_bars(const flow::BarQuery& query, const RowCallback& row) override {
    const std::lock_guard lock(mutex_);
    ASSIGN_OR_RETURN(const auto rows, connection_->query(select(query)));
    while (true) {
      ASSIGN_OR_RETURN(const bool more, rows->next());
      if (!more) return {};
      ASSIGN_OR_RETURN(const market::BarRow bar, read_bar(*rows));
      row(rows->text(0), bar);
    }
  }

  base::Result<flow::SinkPosition> position() override {
    const std::lock_guard lock(mutex_);
    return read_position(*connection_, topics_);
  }

  base::Result<flow::SqlTable> sql(const flow::SqlQuery& query) override { return statements_->run(query); }

 private:
  // COLLATE is the order of bytes whatever a user sets as default.
  static std::string select(const flow::BarQuery& query) {
    std::string sql = "SELECT ";
    sql.append(kBarSelect).append(" FROM bars WHERE window_start_ns >= ").append(std::to_string(query.from));
    sql.append(" AND window_start_ns < ").append(std::to_string(query.to));
    if (!query.symbol.empty()) sql.append(" AND symbol = ").append(sql_text(query.symbol));
    if (query.interval != 0) sql.append(" AND interval_ns = ").append(std::to_string(query.interval));
    if (query.newest_of_each > 0)
      sql.append(
             " QUALIFY row_number() OVER (PARTITION BY symbol, interval_ns ORDER BY window_start_ns DESC) "
             "<= ")
          .append(std::to_string(query.newest_of_each));
    sql.append(" ORDER BY symbol COLLATE \"binary\", interval_ns, window_start_ns");
    if (query.limit > 0) sql.append(" LIMIT ").append(std::to_string(query.limit));
    return sql;
  }

  std::unique_ptr<DuckdbConnection> connection_;
  std::vector<Topic> topics_;
  std::unique_ptr<SqlProcesses> statements_;
  std::mutex mutex_;
};

class DuckdbStoreImpl final : public DuckdbStore {
 public:
  DuckdbStoreImpl(std::unique_ptr<DuckdbDatabase> database, std::unique_ptr<DuckdbConnection> writing,
                  std::unique_ptr<DuckdbConnection> reading, std::unique_ptr<SqlProcesses> statements)
      : database_(std::move(database)),
        sink_(std::move(writing)),
        reader_(std::move(reading), sink_.info().topics, std::move(statements)) {}
  flow::Sink& sink() override { return sink_; }
  flow::Store& store() override { return reader_; }

 private:
  std::unique_ptr<DuckdbDatabase> database_;  // closed last
  DuckdbSink sink_;
  DuckdbReader reader_;
};

}  // namespace

base::Result<std::unique_ptr<DuckdbStore>> open_duckdb_store(const DuckdbStoreOptions& options) {
  DuckdbOptions database_options;
  database_options.path = options.path;
  database_options.memory_limit = options.memory_limit;
  database_options.threads = options.threads;
  database_options.read_only = options.read_only;
  ASSIGN_OR_RETURN(auto database, DuckdbDatabase::open(database_options));
  ASSIGN_OR_RETURN(auto writing, database->connect());
  RETURN_IF_ERROR(prepare_store(*writing, options.read_only));
  ASSIGN_OR_RETURN(auto reading, database->connect());
  SqlProcessOptions sql;
  sql.program = options.sql_program;
  sql.directory = std::filesystem::absolute(options.path).parent_path().string();
  ASSIGN_OR_RETURN(auto statements, SqlProcesses::make(*database, sql));
  return std::unique_ptr<DuckdbStore>(std::make_unique<DuckdbStoreImpl>(
      std::move(database), std::move(writing), std::move(reading), std::move(statements)));
}

base::Result<std::string> set_aside_store(const std::string& path) {
  std::string now;
  base::append_iso_time(now, base::floor_to(base::system_clock().wall_now(), base::kSecond));
  std::erase_if(now, [](char c) { return c == '-' || c == ':'; });
  const std::string name = std::string(path).append(".damaged-").append(now);
  std::string aside = name;
  for (int i = 2; std::filesystem::exists(aside); ++i)
    aside = std::string(name).append("-").append(std::to_string(i));
  std::error_code code;
  // The log first: a crash between the two leaves a file without log, which opens or is set aside in its
  // turn.
  std::filesystem::rename(path + ".wal", aside + ".wal", code);
  if (code && code != std::errc::no_such_file_or_directory)
    return base::Error{base::ErrorCode::io, code.message(), path + ".wal"};
  std::filesystem::rename(path, aside, code);
  if (code)
    return base::Error{base::ErrorCode::io,
                       std::string("cannot set the store aside: ").append(code.message()), path};
  return aside;
}

}  // namespace tickerhouse::sinks

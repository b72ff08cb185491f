#include "app/open_sinks.h"

#include <functional>
#include <iostream>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <unistd.h>

#include "app/command_line.h"
#include "app/logging.h"
#include "sinks/console.h"
#include "sinks/duckdb_store.h"
#include "sinks/history/history_sink.h"

namespace tickerhouse::app {
namespace {

// A damaged store is moved aside, said once, and rebuilt from the tape.
base::Result<std::unique_ptr<sinks::DuckdbStore>> open_or_rebuild(const sinks::DuckdbStoreOptions& options) {
  auto opened = sinks::open_duckdb_store(options);
  if (!opened.ok() && opened.error().code == base::ErrorCode::damaged) {
    log_warn(std::string("the store is damaged (")
                 .append(opened.error().what)
                 .append("); moved aside, rebuilding it from the tape"));
    ASSIGN_OR_RETURN(const std::string aside, sinks::set_aside_store(options.path));
    log_info(std::string("the damaged store is kept as ").append(aside));
    opened = sinks::open_duckdb_store(options);
  }
  return opened;
}

// The store, which a failure makes useless until its file is closed and opened again: readers and the sink's
// host keep this, whatever is behind it.
class StoreSlot final : public flow::Sink, public flow::Store {
 public:
  using Open = std::function<base::Result<std::unique_ptr<sinks::DuckdbStore>>()>;
  explicit StoreSlot(Open open) : open_(std::move(open)) {}

  base::Status reopen() {
    const std::unique_lock lock(mutex_);
    store_.reset();
    ASSIGN_OR_RETURN(store_, open_());
    info_ = store_->sink().info();
    return {};
  }

  [[nodiscard]] const flow::SinkInfo& info() const override { return info_; }
  base::Result<flow::SinkPosition> restore() override {
    return with([](sinks::DuckdbStore& store) { return store.sink().restore(); });
  }
  base::Status apply(const flow::ResultBatch& batch) override {
    return with([&](sinks::DuckdbStore& store) { return store.sink().apply(batch); });
  }
  base::Result<flow::SinkPosition> flush() override {
    return with([](sinks::DuckdbStore& store) { return store.sink().flush(); });
  }
  base::Status scan_bars(const flow::BarQuery& query, const RowCallback& row) override {
    return with([&](sinks::DuckdbStore& store) { return store.store().scan_bars(query, row); });
  }
  base::Result<flow::SinkPosition> position() override {
    return with([](sinks::DuckdbStore& store) { return store.store().position(); });
  }
  base::Result<flow::SqlTable> sql(const flow::SqlQuery& query) override {
    return with([&](sinks::DuckdbStore& store) { return store.store().sql(query); });
  }

 private:
  template <typename Call>
  auto with(const Call& call) -> decltype(call(std::declval<sinks::DuckdbStore&>())) {
    const std::shared_lock lock(mutex_);
    if (!store_) return base::Error{base::ErrorCode::io, "the store is closed after a failure", "store"};
    return call(*store_);
  }

  Open open_;
  flow::SinkInfo info_;
  std::shared_mutex mutex_;
  std::unique_ptr<sinks::DuckdbStore> store_;
};

class OpenSinksImpl final : public OpenSinks {
 public:
  [[nodiscard]] const std::vector<flow::Sink*>& all() const override { return all_; }
  [[nodiscard]] flow::Store* store() override { return store_.get(); }
  base::Status reopen(flow::Sink& sink) override {
    return &sink == store_.get() ? store_->reopen() : base::Status();
  }

  // On a shared tape each sink may be a process of its own: one of each kind.
  base::Status lock(const Config& config, const OpenDirectory& directory) {
    for (const auto& [wanted, name] : {std::pair(config.store, "duckdb"),
                                       {config.history_parquet, "parquet"},
                                       {config.history_csv, "csv"}}) {
      if (!wanted) continue;
      ASSIGN_OR_RETURN(base::FileLock lock,
                       base::FileLock::acquire(directory.paths.sink_lock(name), kLockPatience));
      locks_.push_back(std::move(lock));
    }
    return {};
  }

  base::Status open_store(const Config& config, const OpenDirectory& directory) {
    sinks::DuckdbStoreOptions options;
    options.path = directory.paths.store;
    options.memory_limit = config.store_memory;
    options.sql_program = {"/proc/self/exe", kSqlWorkerCommand};
    store_ = std::make_unique<StoreSlot>([options] { return open_or_rebuild(options); });
    RETURN_IF_ERROR(store_->reopen());
    all_.push_back(store_.get());
    return {};
  }

  void open_history(const Config& config, const OpenDirectory& directory, sinks::HistoryFormat format) {
    sinks::HistoryOptions options;
    options.directory = directory.paths.history;
    options.format = format;
    options.topics.clear();
    if (config.history_events) options.topics.push_back(flow::Topic::events);
    if (config.history_bars) options.topics.push_back(flow::Topic::settled);
    options.roll_interval = config.history_interval;
    options.roll_rows = config.history_rows;
    options.sync = config.durability == tape::Durability::fsync;
    history_.push_back(sinks::make_history_sink(options));
    all_.push_back(history_.back().get());
  }

  base::Status open_console(const Config& config, const OpenDirectory& directory) {
    sinks::ConsoleOptions options;
    options.totals_every = config.console_every;
    options.lines_per_second = config.console_rate;
    options.colours = ::isatty(STDOUT_FILENO) != 0;
    options.interval = directory.settings.intervals.front();
    for (std::uint16_t p = 0; p < directory.settings.partitions;
         ++p) {  // what is there already has been shown
      ASSIGN_OR_RETURN((options.begin[{flow::Topic::bars, p}]), directory.tape->end(flow::Topic::bars, p));
    }
    console_ = sinks::make_console_sink(options, std::cout);
    all_.push_back(console_.get());
    return {};
  }

 private:
  std::vector<base::FileLock> locks_;
  std::unique_ptr<StoreSlot> store_;
  std::vector<std::unique_ptr<flow::Sink>> history_;
  std::unique_ptr<flow::Sink> console_;
  std::vector<flow::Sink*> all_;
};

}  // namespace

base::Result<std::unique_ptr<OpenSinks>> open_sinks(const Config& config, const OpenDirectory& directory) {
  auto sinks = std::make_unique<OpenSinksImpl>();
  RETURN_IF_ERROR(sinks->lock(config, directory));
  if (config.store) RETURN_IF_ERROR(sinks->open_store(config, directory));
  if (config.history_parquet) sinks->open_history(config, directory, sinks::HistoryFormat::parquet);
  if (config.history_csv) sinks->open_history(config, directory, sinks::HistoryFormat::csv);
  if (config.console_every > 0) RETURN_IF_ERROR(sinks->open_console(config, directory));
  return std::unique_ptr<OpenSinks>(std::move(sinks));
}

}  // namespace tickerhouse::app

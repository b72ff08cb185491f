#include "tests/serve/support.h"

#include <thread>
#include <utility>

#include "base/decimal.h"
#include "runtime/progress.h"
#include "tape/memory_tape.h"

namespace tickerhouse::tests {

using flow::Topic;

void MapStore::take(flow::Tape& tape, std::uint16_t partitions) {
  const std::lock_guard lock(mutex_);
  for (std::uint16_t p = 0; p < partitions; ++p) {
    const auto reader = ok(tape.read(Topic::bars, p, {}));
    flow::TapeBatch batch;
    while (ok(reader->next(batch))) {
      const market::BatchView<market::BarRow> view(batch.bytes);
      for (const market::BarRow& row : view.rows())
        bars_[{std::string(view.string(row.symbol)), row.interval, row.window_start}] = row;
    }
    for (const Topic topic : {Topic::bars, Topic::late, Topic::rejects})
      position_[{topic, p}] = ok(tape.end(topic, p));
  }
}

base::Status MapStore::scan_bars(const flow::BarQuery& query, const RowCallback& row) {
  const std::lock_guard lock(mutex_);
  std::map<std::pair<std::string, base::DurationNanos>, std::vector<const market::BarRow*>> series;
  for (const auto& [key, bar] : bars_) {
    const auto& [symbol, interval, start] = key;
    if (!query.symbol.empty() && symbol != query.symbol) continue;
    if (query.interval != 0 && interval != query.interval) continue;
    if (start >= query.from && start < query.to) series[{symbol, interval}].push_back(&bar);
  }
  std::uint64_t given = 0;
  for (auto& [name, bars] : series) {
    if (query.newest_of_each > 0 && bars.size() > query.newest_of_each)
      bars.erase(bars.begin(), bars.end() - static_cast<std::ptrdiff_t>(query.newest_of_each));
    for (const market::BarRow* bar : bars)
      if (query.limit == 0 || given++ < query.limit) row(name.first, *bar);
  }
  return {};
}

base::Result<flow::SinkPosition> MapStore::position() {
  const std::lock_guard lock(mutex_);
  return position_;
}

base::Result<flow::SqlTable> MapStore::sql(const flow::SqlQuery&) {
  base::system_clock().sleep_for(sql_takes);
  return sql_answer;
}

Directory::Directory(std::vector<base::DurationNanos> intervals)
    : settings(settings_of(2, std::move(intervals))), tape(tape::make_memory_tape()) {}
Directory::~Directory() = default;

void Directory::bring(const std::string& source, std::vector<Entry> entries) {
  ScriptedSource script(source, std::move(entries));
  runtime::IngestOptions options;
  options.settings = settings;
  options.merge = true;
  EXPECT_EQ(ingest_all(*tape, script, clock, options), runtime::IngestState::finished);
  for (std::uint16_t p = 0; p < settings.partitions; ++p) run_shard(*tape, settings, p);
  store.take(*tape, settings.partitions);
}

void Directory::open_live(bool from_store) {
  live = ok(
      serve::LiveView::open({settings.intervals, settings.partitions}, from_store ? &store : nullptr, clock));
  host = ok(runtime::SinkHost::open({.partitions = settings.partitions}, *tape, live->sink()));
}

void Directory::catch_up() {
  while (ok(host->step()) != runtime::StepState::idle) {
  }
}

Serving::Serving(Directory& directory_given, serve::ServeOptions options, flow::ClusterView* cluster)
    : directory(directory_given) {
  options.port = options.port == 8080 ? 0 : options.port;
  options.version = "0.0.1";
  process.start_id = "start-1";
  serve::ServeParts parts{*directory.tape,
                          directory.settings.partitions,
                          &directory.store,
                          *directory.live,
                          base::system_clock(),
                          {},
                          {},
                          {}};
  parts.cluster = cluster;
  parts.status = [this]() -> base::Result<flow::PipelineStatus> {
    auto status = runtime::collect_status(*directory.tape, directory.settings.partitions);
    if (!status.ok()) return status;
    status->intervals = directory.settings.intervals;
    status->origin = "simulated";
    status->source_kind = "simulated";
    const std::lock_guard lock(mutex);
    status->process = process;
    return status;
  };
  parts.demo_faults = [this] {
    const std::lock_guard lock(mutex);
    return faults;
  };
  parts.set_demo_faults = [this](const serve::DemoFaults& given) {
    const std::lock_guard lock(mutex);
    faults = given;
    return base::Status{};
  };
  server = ok(serve::Server::open(options, parts));
}
Serving::~Serving() { server.reset(); }

std::uint16_t Serving::port() const {
  const std::string url = server->url();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

flow::FormingBar forming_bar(const std::string& symbol, std::string_view window, std::string_view price,
                             base::DurationNanos interval) {
  flow::FormingBar bar;
  bar.symbol = symbol;
  market::BarRow& row = bar.row;
  row.interval = interval;
  row.window_start = at(window);
  row.window_end = row.window_start + interval;
  row.open_time = row.close_time = row.window_start + base::kSecond;
  row.open.units = row.high.units = row.low.units = row.close.units =
      base::parse_decimal(price, market::kPriceScale).value;
  row.trade_count = 1;
  return bar;
}

}  // namespace tickerhouse::tests

// What the tests of serve share: a directory in memory, filled by the real ingest, shards and sink host.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "flow/store.h"
#include "runtime/sink_host.h"
#include "serve/live_view.h"
#include "serve/server.h"
#include "tests/serve/http_client.h"
#include "tests/support/flow_fakes.h"

namespace tickerhouse::tests {

template <typename T>
T ok(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  ADD_FAILURE() << result.error().message();
  std::abort();
}
inline void ok(const base::Status& status) { ASSERT_TRUE(status.ok()) << status.error().message(); }

// The newest revision of every bar on a tape, as a store would answer.
class MapStore final : public flow::Store {
 public:
  void take(flow::Tape& tape, std::uint16_t partitions);  // what is on the tape now
  base::Status scan_bars(const flow::BarQuery& query, const RowCallback& row) override;
  base::Result<flow::SinkPosition> position() override;
  base::Result<flow::SqlTable> sql(const flow::SqlQuery& query) override;
  base::Result<flow::SqlTable> sql_answer = flow::SqlTable{};
  base::DurationNanos sql_takes = 0;  // of the real clock

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::string, base::DurationNanos, base::TsNanos>, market::BarRow> bars_;
  flow::SinkPosition position_;
};

// Two partitions; intervals of a minute and a day.
struct Directory {
  explicit Directory(std::vector<base::DurationNanos> intervals = {base::kMinute, base::kDay});
  ~Directory();
  // Ingests the entries as one finished source and runs the shards.
  void bring(const std::string& source, std::vector<Entry> entries);
  void open_live(bool from_store);  // the live view, and its host
  void catch_up();                  // the live view takes what is on the tape

  engine::Settings settings;
  FakeClock clock;
  std::unique_ptr<flow::Tape> tape;
  MapStore store;
  std::unique_ptr<serve::LiveView> live;
  std::unique_ptr<runtime::SinkHost> host;
};

// A server on a directory; its status is that of the directory.
struct Serving {
  explicit Serving(Directory& directory_given, serve::ServeOptions options = {},
                   flow::ClusterView* cluster = nullptr);
  ~Serving();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] HttpClient client() const { return HttpClient(port()); }

  Directory& directory;
  std::mutex mutex;
  flow::ProcessStatus process;  // what the status says of it; under the mutex
  serve::DemoFaults faults = {{"late", 0.0}, {"gap", 0.1}};
  std::unique_ptr<serve::Server> server;
};

// A provisional bar that opened at `window`, with one trade.
flow::FormingBar forming_bar(const std::string& symbol, std::string_view window, std::string_view price,
                             base::DurationNanos interval = base::kMinute);

}  // namespace tickerhouse::tests

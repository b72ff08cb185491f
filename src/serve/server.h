// HTTP, WebSocket and the page on one port (docs/api.md). It reads: the tape, the store, the live view and
// the status that it is given; the one thing it writes, the demo's faults, goes through a callback. Threads
// of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "flow/cluster.h"
#include "flow/status.h"
#include "flow/store.h"
#include "flow/tape.h"
#include "serve/live_view.h"

namespace tickerhouse::serve {

// How long a client may take; tests are less patient.
struct ServePatience {
  base::DurationNanos request = 10 * base::kSecond;  // for a request to arrive whole
  base::DurationNanos idle = 30 * base::kSecond;     // between two requests
  base::DurationNanos write = 30 * base::kSecond;    // without taking anything
};

struct ServeOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;    // 0: any free one
  bool next_free_port = false;  // a busy port means the next free one (at most 100 further)
  std::string token;            // empty: none is needed
  std::string tls_certificate;  // PEM files; both or neither
  std::string tls_key;
  std::vector<std::string> allowed_hosts;  // besides the bound address and localhost
  std::string version;
  std::string data;  // shown
  ServePatience patience;
};

using DemoFaults = std::map<std::string, double>;

// What the server reads. All of it outlives the server; the callbacks may come from its threads at any time.
struct ServeParts {
  flow::Tape& tape;
  std::uint16_t partitions = 1;
  flow::Store* store = nullptr;  // null: bars come from the tape's settled topic only, SQL answers 503
  LiveView& live;
  base::Clock& clock;
  std::function<base::Result<flow::PipelineStatus>()> status;
  std::function<DemoFaults()> demo_faults;  // null unless the source is the demo's simulator
  std::function<base::Status(const DemoFaults&)> set_demo_faults;
  flow::ClusterView* cluster = nullptr;  // null: the tape is not on Kafka
};

class Server {
 public:
  // Listens when it returns. `configuration`: an address that is not loopback without token and TLS, naming
  // what is missing; `busy`: the port, naming its owner if that can be found out.
  static base::Result<std::unique_ptr<Server>> open(const ServeOptions& options, const ServeParts& parts);
  // Tells WebSocket clients (close 1001), ends within 2 s, or when the SQL statement or the question to
  // brokers that runs does.
  virtual ~Server() = default;
  [[nodiscard]] virtual std::string url() const = 0;
};

}  // namespace tickerhouse::serve

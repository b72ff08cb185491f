// What the server is without its sockets: parts, access, status, routes and counters.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "serve/access.h"
#include "serve/cluster_board.h"
#include "serve/http_types.h"
#include "serve/live/live_state.h"
#include "serve/server.h"
#include "serve/status_board.h"

namespace tickerhouse::serve {

struct Core;

// A request on its way to its route.
struct Call {
  const Request& request;
  std::map<std::string_view, std::string> in_path;  // {topic} and {partition}

  [[nodiscard]] const std::string* parameter(std::string_view name) const;  // the first one; null: none
};

// slow: on a worker, it may take its time; tape and brokers: likewise, and on threads of their own where the
// tape is on Kafka: brokers that are silent hold nobody else up, and those of the tape not the look at them.
enum class RouteKind : std::uint8_t { quick, slow, tape, brokers, stream };

struct Route {
  Method method = Method::get;  // get answers HEAD too
  std::string_view path;        // with {names} for one segment each
  std::string_view parameters;  // of the query, a blank between them
  RouteKind kind = RouteKind::quick;
  bool open = false;  // needs no token
  Answer (*answer)(Core& core, const Call& call) = nullptr;
};
std::span<const Route> routes();

// How many requests were answered, by route and status; and the WebSockets.
struct Counters {
  std::mutex mutex;
  std::map<std::pair<std::string_view, unsigned>, std::uint64_t> requests;
  std::atomic<std::uint64_t> connections = 0;
  std::atomic<std::uint64_t> stream_clients = 0;
  std::atomic<std::uint64_t> stream_messages = 0;
  std::atomic<std::uint64_t> stream_bytes = 0;
  std::atomic<std::uint64_t> conflated = 0;  // rounds that a connection was still busy with the one before
  std::atomic<int> sql_running = 0;
};

struct Core {
  Core(const ServeOptions& options_given, const ServeParts& parts_given)
      : options(options_given),
        parts(parts_given),
        live(parts.live.state()),
        access(options, parts.clock),
        board(options, parts),
        opened_at(parts.clock.monotonic_now()) {
    if (parts.cluster != nullptr) cluster.emplace(*parts.cluster, parts.clock);
  }

  const ServeOptions options;
  const ServeParts parts;
  LiveState& live;
  Access access;
  StatusBoard board;
  std::optional<ClusterBoard> cluster;  // none: the tape is not on Kafka
  Counters counters;
  const base::DurationNanos opened_at;
};

// What is to be done with a request: the answer, or a job that finds it on a worker, or (upgrade) a stream.
struct Dispatch {
  std::string_view route;  // for the counters; "page" or "other" if it is none of the table
  Answer answer;
  std::function<Answer()> job;
  RouteKind kind = RouteKind::slow;  // of the job
  bool upgrade = false;
};
// Fills in path and query of the request, which must outlive the job.
Dispatch dispatch(Core& core, Request& request);

}  // namespace tickerhouse::serve

// A socket in the data directory through which other commands ask a running process for what only it knows:
// the rows of its store, its status; and tell it to stop. One request a connection, a line of text; the
// answer goes until the end. Served by a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/store.h"

namespace tickerhouse::app {

struct ControlParts {
  flow::Store* store = nullptr;                       // null: the answer says so
  std::function<base::Result<std::string>()> status;  // the lines of RunningStatus, each with LF
  std::function<void()> stop;
};

class ControlSocket {
 public:
  // A socket left behind by a dead process is replaced. If the path is too long for a socket, none is opened.
  static base::Result<std::unique_ptr<ControlSocket>> open(const std::string& path, ControlParts parts);
  virtual ~ControlSocket() = default;
};

// `not_found`: no process listens there.
struct RunningStatus {
  std::string url;      // empty: it does not serve
  std::string summary;  // for people: running 3 h 12 min, 50 /s
  std::string json;     // one line
};
base::Result<RunningStatus> ask_status(const std::string& path);
base::Status ask_to_stop(const std::string& path);

// Asks the process that serves `path` for the rows of its store, as scan_bars gives them, and its position.
struct StoreRows {
  flow::SinkPosition position;
};
base::Result<StoreRows> ask_store_rows(const std::string& path, const flow::Store::RowCallback& row);

}  // namespace tickerhouse::app

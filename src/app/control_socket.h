// A socket in the data directory through which other commands ask a running process for what only it can
// read: the rows of its store. One request a connection, a line of text; the answer is text until the end.
// Served by a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "flow/store.h"

namespace tickerhouse::app {

class ControlSocket {
 public:
  // store may be null: then the answer says so. A socket left behind by a dead process is replaced. If the
  // path is too long for a socket, none is opened.
  static base::Result<std::unique_ptr<ControlSocket>> open(const std::string& path, flow::Store* store);
  virtual ~ControlSocket() = default;
};

// Asks the process that serves `path` for the rows of its store, as scan_bars gives them, and its position.
struct StoreRows {
  flow::SinkPosition position;
};
base::Result<StoreRows> ask_store_rows(const std::string& path, const flow::Store::RowCallback& row);

}  // namespace tickerhouse::app

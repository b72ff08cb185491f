// The status as of the last second, for all who ask often: the WebSockets and the probes. Any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "serve/live/live_state.h"
#include "serve/server.h"

namespace tickerhouse::serve {

struct StatusSnapshot {
  flow::PipelineStatus status;
  std::string json;
};

class StatusBoard {
 public:
  StatusBoard(const ServeOptions& options, const ServeParts& parts);

  // Asks anew, and tells the live view whose sources have ended. Slow: it reads the tape.
  base::Result<std::shared_ptr<const StatusSnapshot>> refresh();
  // Null before the first refresh. Shared by those that send it while a newer one comes.
  std::shared_ptr<const StatusSnapshot> latest();

 private:
  base::Status read_symbols();
  void mark_finished(const flow::PipelineStatus& status);

  const ServeOptions& options_;
  const ServeParts& parts_;
  std::string start_id_;  // of this server; shown if the status has none
  std::mutex mutex_;
  std::shared_ptr<const StatusSnapshot> latest_;
  std::mutex refreshing_;  // one at a time; guards what follows
  flow::Offset symbols_next_;
  std::map<std::string, std::set<std::string>, std::less<>> sources_of_;  // by symbol
};

}  // namespace tickerhouse::serve

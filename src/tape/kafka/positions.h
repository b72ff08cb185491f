// The writers' positions: a compacted topic of one partition, written in the transactions of the commits.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape::kafka {

class Positions {
 public:
  // `overseer` sees the end of the log, transactions that are still open included.
  Positions(FetchPool& pool, Client& overseer, std::string topic)
      : pool_(pool), overseer_(overseer), topic_(std::move(topic)) {}

  using Map = std::map<std::string, std::string, std::less<>>;
  // All that was committed before the call; waits for transactions that are open now. Any thread.
  base::Result<Map> read();
  // Of one writer; empty if it has none.
  base::Result<std::string> read(std::string_view writer);

 private:
  base::Status catch_up();

  FetchPool& pool_;
  Client& overseer_;
  std::string topic_;
  std::mutex mutex_;
  std::unique_ptr<Fetch> fetch_;
  Map positions_;
};

}  // namespace tickerhouse::tape::kafka

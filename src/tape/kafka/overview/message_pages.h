// Pages of a partition's committed messages, forwards and backwards. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "flow/cluster.h"
#include "tape/kafka/client.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape::kafka {

class MessagePages {
 public:
  static base::Result<std::unique_ptr<MessagePages>> open(const Connection& connection);

  // `not_found` if the partition is not there.
  base::Result<flow::MessagePage> read(const flow::MessageQuery& query);

 private:
  MessagePages(const Connection& connection, std::unique_ptr<Client> client)
      : client_(std::move(client)), pool_(connection, FetchPool::Pace::looks) {}
  base::Status read_on(const flow::MessageQuery& query, std::int64_t from, flow::MessagePage& page);
  base::Status read_back(const flow::MessageQuery& query, std::int64_t before, flow::MessagePage& page);

  std::unique_ptr<Client> client_;
  FetchPool pool_;
};

}  // namespace tickerhouse::tape::kafka

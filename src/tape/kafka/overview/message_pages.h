// Pages of a partition's committed messages, forwards and backwards. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "flow/cluster.h"
#include "formats/avro/avro_messages.h"
#include "tape/kafka/client.h"
#include "tape/kafka/fetch.h"
#include "tape/kafka/topic_reader.h"

namespace tickerhouse::tape::kafka {

class MessagePages {
 public:
  // schemas: values of Avro as the JSON they mean, if the registry answers; null: as their bytes.
  static base::Result<std::unique_ptr<MessagePages>> open(const Connection& connection,
                                                          std::shared_ptr<formats::SchemaBook> schemas);

  // `not_found` if the partition is not there.
  base::Result<flow::MessagePage> read(const flow::MessageQuery& query);

 private:
  MessagePages(const Connection& connection, std::unique_ptr<Client> client,
               std::shared_ptr<formats::SchemaBook> schemas)
      : client_(std::move(client)), pool_(connection, FetchPool::Pace::looks), schemas_(std::move(schemas)) {}
  flow::ClusterMessage kept_of(const ForeignMessage& message, std::size_t bytes_max);
  base::Status read_on(const flow::MessageQuery& query, std::int64_t from, flow::MessagePage& page);
  base::Status read_back(const flow::MessageQuery& query, std::int64_t before, flow::MessagePage& page);

  std::unique_ptr<Client> client_;
  FetchPool pool_;
  std::shared_ptr<formats::SchemaBook> schemas_;
  bool registry_answers_ = true;  // for this page: one that does not is waited for once
  std::string json_;
};

}  // namespace tickerhouse::tape::kafka

// The commits of one writer: its own producer, whose transactional id fences whoever held it before.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "flow/checkpoint_store.h"
#include "flow/tape.h"
#include "tape/kafka/client.h"
#include "tape/kafka/member.h"
#include "tape/kafka/messages.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {

class Transactions {
 public:
  // Ends whatever a predecessor has left open and makes it a zombie. What it had begun to commit is decided
  // then.
  static base::Result<std::unique_ptr<Transactions>> open(const Connection& connection,
                                                          const TopicNames& names, std::string_view writer,
                                                          const SchemaIds& schemas);

  enum class Outcome {
    committed,
    fenced,   // somebody else holds the writer now: this object is of no use any more
    aborted,  // nothing was written; try again
    unknown,  // the brokers did not say; open another to find out
  };
  // Rows, position and, of a member, the group's offset in one transaction. Errors: what was asked for cannot
  // be.
  base::Result<Outcome> commit(const flow::Commit& commit, const Member* member);
  // A checkpoint of the shard whose writer this is, whole or not at all.
  base::Result<Outcome> save(const flow::ShardState& state);

 private:
  Transactions(TopicNames names, std::string_view writer, const SchemaIds& schemas)
      : names_(std::move(names)), writer_(writer), messages_(schemas) {}
  base::Status produce(const flow::Append& append);
  base::Status produce(rd_kafka_topic_s* topic, std::uint16_t partition, const Message& message);
  base::Status produce_all(const flow::Commit& commit);
  // What `write` produces, and the offset if there is one, in one transaction.
  base::Result<Outcome> transact(const std::function<base::Status()>& write,
                                 const std::optional<flow::Consumed>& consumed, const Member* member);
  base::Result<rd_kafka_topic_s*> topic(const std::string& name);
  base::Result<Outcome> judge(Owned<rd_kafka_error_s> error, const char* call);
  base::Result<Outcome> send_offset(const flow::Consumed& consumed, const Member& member);
  base::Result<Outcome> abort();

  TopicNames names_;
  std::string writer_;
  std::unique_ptr<Client> client_;
  std::map<std::string, Owned<rd_kafka_topic_s>, std::less<>> topics_;  // before the client
  MessageWriter messages_;
};

}  // namespace tickerhouse::tape::kafka

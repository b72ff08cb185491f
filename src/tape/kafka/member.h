// One process in a consumer group of `events`: classic protocol, cooperative-sticky, static if it has an id.
// The group only shares out the partitions: what is read comes through Fetch, where to go on says the
// writer's position.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "flow/work_group.h"
#include "tape/kafka/client.h"

namespace tickerhouse::tape::kafka {

using GroupMetadata = Owned<rd_kafka_consumer_group_metadata_s>;

struct MemberOptions {
  std::string topic;
  std::string group;
  std::string id;  // empty: a member of no fixed name, that leaves when it ends
};

class Member final : public flow::WorkGroup {
 public:
  // Asks to join; what it gets is told by poll().
  static base::Result<std::shared_ptr<Member>> open(const Connection& connection,
                                                    const MemberOptions& options);
  base::Status poll(const Listener& listener, base::DurationNanos wait) override;
  base::Status leave(const Listener& listener) override;

  // Of this moment, for a transaction: one of a process that the group has given up is refused. Any thread.
  [[nodiscard]] GroupMetadata metadata() const;

 private:
  Member(const Connection& connection, const MemberOptions& options)
      : connection_(connection), options_(options) {}
  base::Result<std::unique_ptr<Client>> open_client() const;
  base::Status subscribe(std::unique_ptr<Client> client);
  base::Status serve(const Listener& listener, int milliseconds);
  void rebalance(const Listener& listener, int what, const rd_kafka_topic_partition_list_s* list);
  base::Status check_fatal(const Listener& listener);
  base::Status come_back(const Listener& listener);
  bool is_contended();
  void remember();

  Connection connection_;
  MemberOptions options_;
  mutable std::mutex mutex_;  // while the client is changed
  std::unique_ptr<Client> client_;
  Owned<rd_kafka_queue_s> queue_;  // before the client
  flow::Partitions held_;
  std::string known_as_;                                         // the group's last name for this member
  std::vector<std::chrono::steady_clock::time_point> taken_at_;  // when a member we do not know had our id
};

// Whether any process is a member of the group now.
base::Result<bool> has_members(Client& client, const std::string& group);

}  // namespace tickerhouse::tape::kafka

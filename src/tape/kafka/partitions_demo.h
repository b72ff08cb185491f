// Keys, partitions, offsets and rebalancing, to be watched: a topic of its own, a producer of keyed messages,
// and members of a consumer group that come and go. Members are threads of this process; everything else is
// called from one thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "tape/kafka/client.h"
#include "tape/kafka/topic_reader.h"

namespace tickerhouse::tape::kafka {

struct DemoView {
  struct Key {
    std::string name;
    std::int64_t first = 0;  // offsets in its partition
    std::int64_t last = 0;
  };
  struct Partition {
    std::string member;  // empty: nobody's now
    std::optional<std::int64_t> committed;
    std::int64_t end = 0;
    std::int64_t lag = 0;  // what nobody has committed, in messages
    std::vector<Key> keys;
  };
  struct Member {
    std::string name;
    std::vector<std::uint16_t> partitions;
    std::uint64_t read = 0;  // messages
  };
  std::vector<Partition> partitions;
  std::vector<Member> members;
};

class DemoMember;

class PartitionsDemo {
 public:
  // Makes the topic. `length` is that of the whole play.
  static base::Result<std::unique_ptr<PartitionsDemo>> open(const Connection& connection,
                                                            base::DurationNanos length);
  ~PartitionsDemo();  // as end(), without a word
  PartitionsDemo(const PartitionsDemo&) = delete;
  PartitionsDemo& operator=(const PartitionsDemo&) = delete;

  [[nodiscard]] const std::string& topic() const { return topic_; }  // and the group's name

  // What is due by then: members come and go, messages are written. Call it ten times a second.
  base::Status step(base::DurationNanos elapsed);
  // What has happened since the last call, in words, one each.
  std::vector<std::string> news();
  base::Result<DemoView> look();
  // Everybody leaves; group and topic are deleted.
  base::Status end();

 private:
  PartitionsDemo(Connection connection, base::DurationNanos length, std::string topic);
  base::Status produce(base::DurationNanos elapsed);
  base::Status send(const std::string& key);
  base::Status play(base::DurationNanos elapsed);
  base::Status join(const std::string& name);
  void leave(const std::string& name);
  void notice_partitions();
  base::Status read_log();

  Connection connection_;
  base::DurationNanos length_;
  std::string topic_;
  std::unique_ptr<Client> overseer_;
  std::unique_ptr<Client> producer_;
  std::unique_ptr<TopicReader> log_;
  std::map<std::string, std::unique_ptr<DemoMember>> members_;
  std::map<std::string, std::vector<std::uint16_t>> noticed_;  // who had what when it was last looked
  std::vector<std::map<std::string, DemoView::Key>> keys_;     // by partition
  std::vector<std::string> news_;
  std::uint64_t sent_ = 0;
  std::size_t scene_ = 0;
  bool ended_ = false;
};

}  // namespace tickerhouse::tape::kafka

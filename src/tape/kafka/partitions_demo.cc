#include "tape/kafka/partitions_demo.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <utility>

#include "base/hash.h"
#include "tape/kafka/group_admin.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr int kPartitions = 4;
constexpr std::array<const char*, 12> kSymbols = {"AAPL", "MSFT", "META", "TSLA", "AMZN", "AMD",
                                                  "NFLX", "IBM",  "GOOG", "JPM",  "INTC", "CSCO"};

// Two members read less than is written, three read more: the lag is seen to grow and to shrink.
constexpr std::int64_t kWrittenPerSecond = 60;
constexpr std::size_t kNameDigits = 8;
constexpr auto kOfOneMessage = std::chrono::milliseconds(40);

// Who joins or leaves after which part of the play.
struct Scene {
  double at;
  const char* name;
  bool joins;
};
constexpr std::array<Scene, 4> kScenes = {
    {{0.0, "one", true}, {0.0, "two", true}, {0.35, "three", true}, {0.7, "one", false}}};

Properties of_member(const std::string& group, const std::string& name) {
  // Short beats, so that a rebalance is heard of at once; a commit twice a second, and when a partition goes.
  return {{"group.id", group},
          {"client.id", name},
          {"partition.assignment.strategy", "cooperative-sticky"},
          {"session.timeout.ms", "6000"},
          {"heartbeat.interval.ms", "300"},
          {"auto.offset.reset", "earliest"},
          {"enable.auto.commit", "true"},
          {"enable.auto.offset.store", "true"},
          {"auto.commit.interval.ms", "500"}};
}

std::string listed(const std::vector<std::uint16_t>& partitions) {
  std::string text;
  for (const std::uint16_t partition : partitions) text.append(" ").append(std::to_string(partition));
  return text.empty() ? std::string(" nothing") : text;
}

}  // namespace

// One consumer of the group, in a thread of its own.
class DemoMember {
 public:
  static base::Result<std::unique_ptr<DemoMember>> open(const Connection& connection,
                                                        const std::string& topic, const std::string& name) {
    std::unique_ptr<DemoMember> member(new DemoMember());
    ASSIGN_OR_RETURN(member->client_, Client::open(Role::reader, connection, of_member(topic, name)));
    rd_kafka_poll_set_consumer(member->client_->get());
    const PlaceList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (const rd_kafka_resp_err_t code = rd_kafka_subscribe(member->client_->get(), list.get());
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return member->client_->error(code, "joining the group");
    member->thread_ = std::thread([raw = member.get()] { raw->run(); });
    return member;
  }

  ~DemoMember() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    if (client_ != nullptr) rd_kafka_consumer_close(client_->get());  // commits, and leaves the group
  }
  DemoMember(const DemoMember&) = delete;
  DemoMember& operator=(const DemoMember&) = delete;

  [[nodiscard]] std::vector<std::uint16_t> partitions() const {
    const std::lock_guard lock(mutex_);
    return partitions_;
  }
  [[nodiscard]] std::uint64_t read() const { return read_; }

 private:
  DemoMember() = default;

  void run() {
    constexpr int kWaitMs = 50;
    while (!stop_) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(client_->get(), kWaitMs);
      const bool one = message != nullptr && message->err == RD_KAFKA_RESP_ERR_NO_ERROR;
      if (message != nullptr) rd_kafka_message_destroy(message);
      take_assignment();
      if (!one) continue;
      ++read_;
      std::this_thread::sleep_for(kOfOneMessage);
    }
    leave();
  }

  // A cooperative member that is only closed gives its partitions up, but does not tell the coordinator that
  // it is gone (librdkafka 2.15), which then waits for its session to end: so first this, then close.
  void leave() {
    constexpr int kWaitMs = 50;
    constexpr int kGivingUpMs = 3'000;
    constexpr int kSayingSoMs = 300;
    rd_kafka_unsubscribe(client_->get());
    int had = 0;  // when it was last seen to have something
    for (int waited = 0; waited < kGivingUpMs && waited < had + kSayingSoMs; waited += kWaitMs) {
      if (rd_kafka_message_t* message = rd_kafka_consumer_poll(client_->get(), kWaitMs); message != nullptr)
        rd_kafka_message_destroy(message);
      take_assignment();
      if (!partitions().empty()) had = waited;
    }
  }

  void take_assignment() {
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(client_->get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const PlaceList list(raw);
    std::vector<std::uint16_t> now;
    now.reserve(static_cast<std::size_t>(list->cnt));
    for (int i = 0; i < list->cnt; ++i) now.push_back(static_cast<std::uint16_t>(list->elems[i].partition));
    std::sort(now.begin(), now.end());
    const std::lock_guard lock(mutex_);
    partitions_ = std::move(now);
  }

  std::unique_ptr<Client> client_;
  std::thread thread_;
  std::atomic<bool> stop_ = false;
  std::atomic<std::uint64_t> read_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::uint16_t> partitions_;
};

PartitionsDemo::PartitionsDemo(Connection connection, base::DurationNanos length, std::string topic)
    : connection_(std::move(connection)), length_(length), topic_(std::move(topic)), keys_(kPartitions) {}

base::Result<std::unique_ptr<PartitionsDemo>> PartitionsDemo::open(const Connection& connection,
                                                                   base::DurationNanos length) {
  ASSIGN_OR_RETURN(auto producer, Client::open(Role::writer, connection, {{"enable.idempotence", "true"}}));
  TopicOrder order;
  order.name = "tickerhouse-demo-" + base::random_id().substr(0, kNameDigits);
  ASSIGN_OR_RETURN(auto overseer, open_for_group(connection, order.name));
  order.partitions = kPartitions;
  RETURN_IF_ERROR(create_topic(*overseer, order));
  // From here on the destructor deletes it, whatever fails.
  std::unique_ptr<PartitionsDemo> demo(new PartitionsDemo(connection, length, order.name));
  demo->overseer_ = std::move(overseer);
  demo->producer_ = std::move(producer);
  demo->news_.push_back(std::string("topic ").append(order.name).append(" made, 4 partitions"));
  ASSIGN_OR_RETURN(demo->log_,
                   TopicReader::open(connection, order.name, {ReadFrom::Kind::beginning, 0, false}));
  return demo;
}

PartitionsDemo::~PartitionsDemo() { static_cast<void>(end().ok()); }

base::Status PartitionsDemo::step(base::DurationNanos elapsed) {
  RETURN_IF_ERROR(play(elapsed));
  RETURN_IF_ERROR(produce(elapsed));
  notice_partitions();
  return read_log();
}

base::Status PartitionsDemo::play(base::DurationNanos elapsed) {
  const double part = static_cast<double>(elapsed) / static_cast<double>(length_);
  for (; scene_ < kScenes.size() && part >= kScenes.at(scene_).at; ++scene_) {
    const Scene& scene = kScenes.at(scene_);
    if (scene.joins)
      RETURN_IF_ERROR(join(scene.name));
    else
      leave(scene.name);
  }
  return {};
}

base::Status PartitionsDemo::join(const std::string& name) {
  ASSIGN_OR_RETURN(members_[name], DemoMember::open(connection_, topic_, name));
  news_.push_back(std::string("member ").append(name).append(" joins"));
  return {};
}

void PartitionsDemo::leave(const std::string& name) {
  news_.push_back(std::string("member ").append(name).append(" leaves"));
  members_.erase(name);
  noticed_.erase(name);
}

void PartitionsDemo::notice_partitions() {
  for (const auto& [name, member] : members_) {
    std::vector<std::uint16_t> now = member->partitions();
    std::vector<std::uint16_t>& before = noticed_[name];
    if (now == before) continue;
    news_.push_back(std::string("member ").append(name).append(" has").append(listed(now)));
    before = std::move(now);
  }
}

base::Status PartitionsDemo::produce(base::DurationNanos elapsed) {
  const auto due = static_cast<std::uint64_t>(elapsed / (base::kSecond / kWrittenPerSecond));
  for (; sent_ < due; ++sent_) RETURN_IF_ERROR(send(kSymbols.at(sent_ % kSymbols.size())));
  producer_->poll(0);
  return {};
}

base::Status PartitionsDemo::send(const std::string& key) {
  const std::string value = std::string("{\"symbol\":\"")
                                .append(key)
                                .append("\",\"number\":")
                                .append(std::to_string(sent_ / kSymbols.size()))
                                .append("}");
  // No partition is named: the partitioner takes murmur2 of the key.
  std::array<rd_kafka_vu_t, 4> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  parts[0].u.cstr = topic_.c_str();
  parts[1].vtype = RD_KAFKA_VTYPE_KEY;
  parts[1].u.mem = {const_cast<char*>(key.data()), key.size()};
  parts[2].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[2].u.mem = {const_cast<char*>(value.data()), value.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[3].u.i = RD_KAFKA_MSG_F_COPY;
  const Owned<rd_kafka_error_s> error(rd_kafka_produceva(producer_->get(), parts.data(), parts.size()));
  if (error == nullptr) return {};
  return producer_->error(rd_kafka_error_code(error.get()), std::string("writing to ").append(topic_));
}

// Which key is where is read from the log, not computed.
base::Status PartitionsDemo::read_log() {
  ForeignMessage message;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, log_->next(message));
    if (!found) return {};
    const std::string name(message.key.value_or("?"));
    const auto [key, is_new] =
        keys_.at(message.partition).try_emplace(name, DemoView::Key{name, message.offset, message.offset});
    key->second.last = message.offset;
    if (is_new)
      news_.push_back(std::string("key ")
                          .append(name)
                          .append(" is in partition ")
                          .append(std::to_string(message.partition)));
  }
}

std::vector<std::string> PartitionsDemo::news() { return std::exchange(news_, {}); }

base::Result<DemoView> PartitionsDemo::look() {
  DemoView view;
  GroupState group;
  group.name = topic_;
  GroupMember everybody;  // so that partitions without a commit are asked for too
  for (int i = 0; i < kPartitions; ++i) everybody.partitions.push_back({topic_, i});
  group.members.push_back(std::move(everybody));
  ASSIGN_OR_RETURN(const std::vector<GroupOffset> offsets, offsets_of(*overseer_, group));
  view.partitions.resize(kPartitions);
  for (const GroupOffset& offset : offsets) {
    DemoView::Partition& partition = view.partitions.at(static_cast<std::size_t>(offset.place.partition));
    partition.committed = offset.committed;
    partition.end = offset.end;
    partition.lag = offset.lag().value_or(offset.end);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i)
    for (const auto& [name, key] : keys_[i]) view.partitions[i].keys.push_back(key);
  for (const auto& [name, member] : members_) {
    view.members.push_back({name, member->partitions(), member->read()});
    for (const std::uint16_t partition : view.members.back().partitions)
      view.partitions.at(partition).member = name;
  }
  return view;
}

base::Status PartitionsDemo::end() {
  if (std::exchange(ended_, true)) return {};
  members_.clear();
  log_.reset();
  producer_.reset();
  // The coordinator may still be at what the last one to leave has set off, or wait for the session of one
  // whose leaving was lost: longer than a session.
  constexpr int kTries = 200;
  constexpr int kPauseMs = 100;
  base::Status group = delete_group(*overseer_, topic_);
  for (int i = 0; i < kTries && !group.ok() && group.error().code == base::ErrorCode::busy; ++i) {
    overseer_->poll(kPauseMs);
    group = delete_group(*overseer_, topic_);
  }
  RETURN_IF_ERROR(delete_topic(*overseer_, topic_));
  if (!group.ok() && group.error().code != base::ErrorCode::not_found) return group.error();
  return {};
}

}  // namespace tickerhouse::tape::kafka

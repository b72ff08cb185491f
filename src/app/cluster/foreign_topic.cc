#include "app/cluster/foreign_topic.h"

#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "tape/kafka/fetch.h"
#include "tape/kafka/identity.h"
#include "tape/kafka/offset_admin.h"
#include "tape/kafka/topic_admin.h"

namespace tickerhouse::app {
namespace {

namespace kafka = tape::kafka;

constexpr int kWaitMs = 100;

class ForeignTopic final : public sources::TopicFeed {
 public:
  ForeignTopic(kafka::Connection connection, std::unique_ptr<kafka::Client> overseer, std::string topic,
               std::string identity)
      : overseer_(std::move(overseer)),
        patience_(connection.patience),
        pool_(std::move(connection), kafka::FetchPool::Pace::streams),
        topic_(std::move(topic)),
        identity_(std::move(identity)) {}

  [[nodiscard]] const std::string& topic() const override { return topic_; }
  [[nodiscard]] const std::string& identity() const override { return identity_; }

  base::Result<std::vector<sources::TopicExtent>> extents() override {
    ASSIGN_OR_RETURN(const std::vector<kafka::Place> places, kafka::places_of(*overseer_, topic_));
    ASSIGN_OR_RETURN(const kafka::Offsets begins,
                     kafka::offsets_at(*overseer_, places, kafka::Edge::beginning));
    ASSIGN_OR_RETURN(const kafka::Offsets ends,
                     kafka::offsets_at(*overseer_, places, kafka::Edge::stable_end));
    std::vector<sources::TopicExtent> extents;
    for (const kafka::Place& place : places) {
      ends_[static_cast<std::uint16_t>(place.partition)] = ends.at(place);
      extents.push_back(
          {static_cast<std::uint64_t>(begins.at(place)), static_cast<std::uint64_t>(ends.at(place))});
    }
    return extents;
  }

  base::Status start(std::uint16_t partition, std::uint64_t from) override {
    readings_.erase(partition);  // first, so that its client is free
    const auto end = ends_.find(partition);
    ASSIGN_OR_RETURN(auto fetch, kafka::Fetch::open(pool_, topic_, partition, static_cast<std::int64_t>(from),
                                                    end == ends_.end() ? 0 : end->second));
    readings_[partition] = {std::move(fetch), base::system_clock().monotonic_now()};
    return {};
  }

  base::Result<Fetched> fetch(std::uint16_t partition, Wait wait,
                              std::vector<sources::TopicMessage>& messages) override {
    Reading& reading = readings_.at(partition);
    values_.clear();
    RETURN_IF_ERROR(reading.fetch->next_values(wait == Wait::no ? 0 : kWaitMs, values_));
    for (const kafka::FetchedValue& value : values_)
      messages.push_back({static_cast<std::uint64_t>(value.offset), value.value});
    const base::DurationNanos now = base::system_clock().monotonic_now();
    if (!messages.empty() || reading.fetch->at_end()) {
      reading.heard_at = now;
      return messages.empty() ? Fetched::end : Fetched::messages;
    }
    if (now - reading.heard_at < patience_) return Fetched::waiting;
    return base::Error{base::ErrorCode::io, "the brokers do not answer",
                       std::string("Kafka, reading topic ").append(topic_)};
  }

  void release(std::uint16_t partition) override { readings_.at(partition).fetch->release(); }

 private:
  struct Reading {
    std::unique_ptr<kafka::Fetch> fetch;
    base::DurationNanos heard_at = 0;
  };
  std::unique_ptr<kafka::Client> overseer_;
  base::DurationNanos patience_;
  kafka::FetchPool pool_;
  std::string topic_;
  std::string identity_;
  std::map<std::uint16_t, std::int64_t> ends_;  // as last asked
  std::map<std::uint16_t, Reading> readings_;
  std::vector<kafka::FetchedValue> values_;
};

}  // namespace

base::Result<std::unique_ptr<sources::TopicFeed>> open_foreign_topic(
    const tape::kafka::Connection& connection, const std::string& topic) {
  ASSIGN_OR_RETURN(auto overseer, kafka::open_overseer(connection));
  ASSIGN_OR_RETURN(std::string identity, kafka::identity_of_topic(*overseer, topic));
  return std::unique_ptr<sources::TopicFeed>(
      std::make_unique<ForeignTopic>(connection, std::move(overseer), topic, std::move(identity)));
}

}  // namespace tickerhouse::app

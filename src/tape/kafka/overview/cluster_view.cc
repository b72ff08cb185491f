#include "tape/kafka/overview/cluster_view.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "tape/kafka/group_admin.h"
#include "tape/kafka/overview/message_pages.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topic_admin.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::size_t kGroupsAskedMax = 200;  // a request each

std::string address_of(const rd_kafka_Node_t* node) {
  return std::string(rd_kafka_Node_host(node)).append(":").append(std::to_string(rd_kafka_Node_port(node)));
}

base::Status describe_cluster(Client& client, flow::ClusterState& state) {
  Request request(client, "description of the cluster");
  rd_kafka_DescribeCluster(client.get(), nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  const rd_kafka_DescribeCluster_result_t* result = rd_kafka_event_DescribeCluster_result(answer.get());
  if (const char* id = rd_kafka_DescribeCluster_result_cluster_id(result); id != nullptr) state.id = id;
  const rd_kafka_Node_t* controller = rd_kafka_DescribeCluster_result_controller(result);
  const int controller_id = controller == nullptr ? -1 : rd_kafka_Node_id(controller);
  std::size_t count = 0;
  const rd_kafka_Node_t** nodes = rd_kafka_DescribeCluster_result_nodes(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const int id = rd_kafka_Node_id(nodes[i]);
    state.brokers.push_back({id, address_of(nodes[i]), id == controller_id});
  }
  std::sort(state.brokers.begin(), state.brokers.end(),
            [](const flow::Broker& a, const flow::Broker& b) { return a.id < b.id; });
  return {};
}

std::optional<std::int64_t> offset_at(const Offsets& offsets, const Place& place) {
  const auto found = offsets.find(place);
  return found == offsets.end() ? std::nullopt : std::optional(found->second);
}

std::vector<flow::ClusterTopic> shown(const std::vector<TopicState>& topics, const TopicEdges& edges) {
  std::vector<flow::ClusterTopic> all;
  for (const TopicState& topic : topics) {
    flow::ClusterTopic one{topic.name, {}};
    for (const PartitionState& partition : topic.partitions) {
      const Place place{topic.name, partition.id};
      one.partitions.push_back({partition.id, partition.leader, partition.replicas, partition.in_sync,
                                offset_at(edges.first, place), offset_at(edges.next, place)});
    }
    all.push_back(std::move(one));
  }
  return all;
}

// The group as far as it reads the topics; without offsets if it does not.
flow::ReaderGroup shown(const GroupState& group, const Offsets& committed,
                        const std::set<std::string>& topics, const Offsets& ends) {
  flow::ReaderGroup all{group.name, group.state, group.protocol, group.coordinator, {}, {}};
  std::set<Place> places;
  for (const auto& entry : committed)
    if (topics.contains(entry.first.topic)) places.insert(entry.first);
  for (const GroupMember& member : group.members) {
    GroupMember one = member;
    std::erase_if(one.partitions, [&](const Place& place) { return !topics.contains(place.topic); });
    places.insert(one.partitions.begin(), one.partitions.end());
    all.members.push_back(std::move(one));
  }
  for (const Place& place : places) {
    flow::ReaderOffset one{place, offset_at(committed, place), std::nullopt};
    const auto end = ends.find(place);
    if (one.committed && end != ends.end()) one.lag = std::max<std::int64_t>(0, end->second - *one.committed);
    all.offsets.push_back(std::move(one));
  }
  return all;
}

class KafkaView final : public flow::ClusterView {
 public:
  KafkaView(Connection connection, TopicNames names, base::Clock& clock,
            std::shared_ptr<formats::SchemaBook> schemas)
      : connection_(std::move(connection)),
        names_(std::move(names)),
        clock_(clock),
        schemas_(std::move(schemas)) {}

  base::Result<flow::ClusterState> state() override {
    const std::lock_guard lock(state_mutex_);
    const base::DurationNanos until = clock_.monotonic_now() + 2 * connection_.patience;
    if (client_ == nullptr) {
      // The pipeline's own name: no group of ours is ever joined, and one is needed (group_admin.h).
      ASSIGN_OR_RETURN(auto client, open_for_group(connection_, names_.pipeline));
      RETURN_IF_ERROR(reach(*client, connection_.brokers, connection_.patience));
      client_ = std::move(client);
    }
    flow::ClusterState state;
    state.pipeline = names_.pipeline;
    RETURN_IF_ERROR(describe_cluster(*client_, state));
    ASSIGN_OR_RETURN(const std::vector<TopicState> topics, find_topics(*client_, names_.all()));
    ASSIGN_OR_RETURN(const TopicEdges edges, edges_of(*client_, topics));
    state.topics = shown(topics, edges);
    // What others read comes first.
    std::stable_partition(state.topics.begin(), state.topics.end(), [this](const flow::ClusterTopic& topic) {
      return topic.name != names_.positions();
    });
    // Who may read the topics need not be allowed to see groups, and their coordinator is a broker of its
    // own.
    if (const base::Status added = add_groups(state, edges.next, until); !added.ok())
      state.groups_error = added.error().message();
    return state;
  }

  base::Result<flow::MessagePage> messages(const flow::MessageQuery& query) override {
    const std::lock_guard lock(messages_mutex_);
    const std::vector<std::string> ours = names_.all();
    // The rest of the cluster is not ours to show.
    if (std::find(ours.begin(), ours.end(), query.place.topic) == ours.end())
      return base::Error{base::ErrorCode::not_found,
                         std::string("is no topic of the pipeline ").append(names_.pipeline),
                         query.place.topic};
    if (pages_ == nullptr) {
      ASSIGN_OR_RETURN(pages_, MessagePages::open(connection_, schemas_));
    }
    return pages_->read(query);
  }

 private:
  base::Status add_groups(flow::ClusterState& state, const Offsets& ends, base::DurationNanos until) {
    std::set<std::string> topics;
    for (const flow::ClusterTopic& topic : state.topics) topics.insert(topic.name);
    ASSIGN_OR_RETURN(const std::vector<GroupState> groups, list_groups(*client_));
    std::size_t asked = 0;
    for (const GroupState& group : groups) {
      if (++asked > kGroupsAskedMax || clock_.monotonic_now() >= until) {
        ++state.groups_left_out;
        continue;
      }
      const auto offsets = committed(*client_, group.name);
      if (!offsets.ok() && offsets.error().code == base::ErrorCode::io) return offsets.error();
      if (!offsets.ok()) {
        ++state.groups_left_out;
        continue;
      }
      flow::ReaderGroup reader = shown(group, *offsets, topics, ends);
      if (!reader.offsets.empty()) state.groups.push_back(std::move(reader));
    }
    return {};
  }

  const Connection connection_;
  const TopicNames names_;
  base::Clock& clock_;
  std::mutex state_mutex_;
  std::unique_ptr<Client> client_;
  std::mutex messages_mutex_;
  std::shared_ptr<formats::SchemaBook> schemas_;  // of pages_
  std::unique_ptr<MessagePages> pages_;
};

}  // namespace

std::unique_ptr<flow::ClusterView> make_cluster_view(Connection connection, TopicNames names,
                                                     base::Clock& clock,
                                                     std::shared_ptr<formats::SchemaBook> schemas) {
  return std::make_unique<KafkaView>(std::move(connection), std::move(names), clock, std::move(schemas));
}

}  // namespace tickerhouse::tape::kafka

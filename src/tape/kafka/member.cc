#include "tape/kafka/member.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tape/kafka/group_admin.h"
#include "tape/kafka/requests.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr int kLeavePollMs = 100;
constexpr int kLeavePolls = 5;
// A worker hears within a heartbeat, a second, that another has its id.
constexpr std::size_t kTakenMost = 3;
constexpr auto kTakenWithin = std::chrono::seconds(15);

flow::Partitions numbers_of(const rd_kafka_topic_partition_list_t* list) {
  flow::Partitions numbers;
  if (list == nullptr) return numbers;
  numbers.reserve(static_cast<std::size_t>(list->cnt));
  for (int i = 0; i < list->cnt; ++i) numbers.push_back(static_cast<std::uint16_t>(list->elems[i].partition));
  return numbers;
}

// The member of the group that has this id; empty: none.
base::Result<std::string> holder_of(Client& client, const MemberOptions& options) {
  const auto group = describe_group(client, options.group);
  if (!group.ok() && group.error().code == base::ErrorCode::not_found) return std::string();
  if (!group.ok()) return group.error();
  for (const GroupMember& member : group->members)
    if (member.instance_id == options.id) return member.id;
  return std::string();
}

}  // namespace

base::Result<std::shared_ptr<Member>> Member::open(const Connection& connection,
                                                   const MemberOptions& options) {
  std::shared_ptr<Member> member(new Member(connection, options));
  ASSIGN_OR_RETURN(auto client, member->open_client());
  RETURN_IF_ERROR(member->subscribe(std::move(client)));
  return member;
}

base::Result<std::unique_ptr<Client>> Member::open_client() const {
  Properties own = {{"group.id", options_.group}};
  if (!options_.id.empty()) own.emplace("group.instance.id", options_.id);
  return Client::open(Role::member, connection_, own);
}

// With this client from now on.
base::Status Member::subscribe(std::unique_ptr<Client> client) {
  {
    const std::lock_guard lock(mutex_);
    queue_.reset();
    client_ = std::move(client);
  }
  rd_kafka_poll_set_consumer(client_->get());
  queue_.reset(rd_kafka_queue_get_consumer(client_->get()));
  const PlaceList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
  const rd_kafka_resp_err_t error = rd_kafka_subscribe(client_->get(), topics.get());
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return client_->error(error, std::string("joining group ").append(options_.group));
}

base::Status Member::poll(const Listener& listener, base::DurationNanos wait) {
  RETURN_IF_ERROR(serve(listener, static_cast<int>(wait / base::kMillisecond)));
  remember();
  return check_fatal(listener);
}

base::Status Member::leave(const Listener& listener) {
  // One without an id is to leave the group, so that the others need not wait for its session to end. The
  // library says so only of a member that owns nothing when it is closed.
  if (options_.id.empty()) {
    rd_kafka_unsubscribe(client_->get());
    for (int i = 0; i < kLeavePolls; ++i) RETURN_IF_ERROR(serve(listener, kLeavePollMs));
  }
  if (const Owned<rd_kafka_error_s> error(rd_kafka_consumer_close_queue(client_->get(), queue_.get()));
      error != nullptr)
    return client_->error(rd_kafka_error_code(error.get()),
                          std::string("leaving group ").append(options_.group));
  while (rd_kafka_consumer_closed(client_->get()) == 0) RETURN_IF_ERROR(serve(listener, kLeavePollMs));
  return {};
}

GroupMetadata Member::metadata() const {
  const std::lock_guard lock(mutex_);
  return GroupMetadata(rd_kafka_consumer_group_metadata(client_->get()));
}

base::Status Member::serve(const Listener& listener, int milliseconds) {
  const Answer event(rd_kafka_queue_poll(queue_.get(), milliseconds));
  if (event == nullptr) return {};
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event.get());
  if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_REBALANCE) {
    rebalance(listener, code, rd_kafka_event_topic_partition_list(event.get()));
    return {};
  }
  // Of the rest only what no waiting will mend is of interest: a group that we may not join.
  if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
      code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    return client_->error(code, std::string("joining group ").append(options_.group));
  return {};
}

void Member::rebalance(const Listener& listener, int what, const rd_kafka_topic_partition_list_s* list) {
  const flow::Partitions numbers = numbers_of(list);
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    const Owned<rd_kafka_error_s> ignored(rd_kafka_incremental_assign(client_->get(), list));
    // Nothing is to be fetched here. The list is the event's: pausing notes its outcome in a copy.
    const PlaceList copy(rd_kafka_topic_partition_list_copy(list));
    rd_kafka_pause_partitions(client_->get(), copy.get());
    held_.insert(held_.end(), numbers.begin(), numbers.end());
    listener.gained(numbers);
    return;
  }
  std::erase_if(held_, [&](std::uint16_t held) {
    return std::find(numbers.begin(), numbers.end(), held) != numbers.end();
  });
  listener.given_up(numbers, rd_kafka_assignment_lost(client_->get()) != 0);
  const Owned<rd_kafka_error_s> ignored(rd_kafka_incremental_unassign(client_->get(), list));
}

void Member::remember() {
  char* const name = rd_kafka_memberid(client_->get());
  if (name == nullptr) return;
  if (*name != '\0') known_as_ = name;
  rd_kafka_mem_free(client_->get(), name);
}

base::Status Member::check_fatal(const Listener& listener) {
  std::array<char, kErrorBytes> why{};
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(client_->get(), why.data(), why.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) return come_back(listener);
  return base::Error{base::ErrorCode::io, why.data(), std::string("Kafka, group ").append(options_.group)};
}

// Told that another has our id. Often that is ourselves: after a session that timed out librdkafka 2.15 goes
// on with heartbeats that bear no member's name, and a coordinator that is back meanwhile, and still has us,
// takes the id for another's. It may even be a member we never heard of, as the answer to our joining was
// lost with the broker; so we join again (the library's own client is of no use any more), and it is another
// worker if the id is taken from us again at once. Of two such the older one ends.
base::Status Member::come_back(const Listener& listener) {
  if (!held_.empty()) listener.given_up(std::exchange(held_, {}), true);
  ASSIGN_OR_RETURN(auto client, open_client());
  const auto holder = holder_of(*client, options_);
  if (!holder.ok() && holder.error().code == base::ErrorCode::io) return {};  // asked again at the next poll
  if (!holder.ok()) return holder.error();
  if (!holder->empty() && *holder != known_as_ && is_contended())
    return base::Error{base::ErrorCode::busy, "another worker has joined the group under this --id",
                       options_.id};
  return subscribe(std::move(client));
}

// Whether the id has been taken from us kTakenMost times of late.
bool Member::is_contended() {
  const auto now = std::chrono::steady_clock::now();
  taken_at_.push_back(now);
  std::erase_if(taken_at_, [now](auto at) { return now - at > kTakenWithin; });
  return taken_at_.size() >= kTakenMost;
}

base::Result<bool> has_members(Client& client, const std::string& group) {
  const char* name = group.c_str();
  Request request(client, std::string("asking for the members of group ").append(group));
  rd_kafka_DescribeConsumerGroups(client.get(), &name, 1, nullptr, request.queue());
  ASSIGN_OR_RETURN(const Answer answer, request.answer());
  std::size_t count = 0;
  const rd_kafka_ConsumerGroupDescription_t* const* groups = rd_kafka_DescribeConsumerGroups_result_groups(
      rd_kafka_event_DescribeConsumerGroups_result(answer.get()), &count);
  // A group that has never been is described as a dead one, or as an error: neither has members.
  return count == 1 && rd_kafka_ConsumerGroupDescription_member_count(groups[0]) > 0;
}

}  // namespace tickerhouse::tape::kafka

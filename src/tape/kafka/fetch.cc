#include "tape/kafka/fetch.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::size_t kAtOnce = 4'096;  // messages of one refill
constexpr int kWaitMs = 20;             // between looks at what else the client has to say

std::string_view text_of(const void* bytes, std::size_t size) {
  return bytes == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(bytes), size);
}

}  // namespace

Message message_of(const rd_kafka_message_s& raw) {
  Message message;
  message.key = text_of(raw.key, raw.key_len);
  message.has_key = raw.key != nullptr;
  message.value = text_of(raw.payload, raw.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&raw, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return message;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       message.header_count < message.headers.size() &&
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i)
    message.add(name, text_of(value, size));
  return message;
}

base::Result<std::shared_ptr<FetchPool::Member>> FetchPool::take(const std::string& topic,
                                                                 std::uint16_t partition) {
  const std::lock_guard lock(mutex_);
  for (const auto& member : members_)
    if (member->fetched.emplace(topic, partition).second) return member;
  auto added = std::make_shared<Member>();
  ASSIGN_OR_RETURN(added->client, Client::open(Role::reader, connection_,
                                               pace_ == Pace::looks ? Properties{{"fetch.wait.max.ms", "5"}}
                                                                    : Properties{}));
  added->fetched.emplace(topic, partition);
  members_.push_back(added);
  return added;
}

std::int64_t FetchPool::heard_end(const std::string& topic, std::uint16_t partition) {
  const std::lock_guard lock(mutex_);
  std::int64_t heard = -1;
  for (const auto& member : members_) {
    std::int64_t low = 0;
    std::int64_t high = -1;
    if (!member->fetched.contains({topic, partition})) continue;
    if (rd_kafka_get_watermark_offsets(member->client->get(), topic.c_str(), partition, &low, &high) ==
        RD_KAFKA_RESP_ERR_NO_ERROR)
      heard = std::max(heard, high);
  }
  return heard;
}

void FetchPool::give_back(const std::shared_ptr<Member>& member, const std::string& topic,
                          std::uint16_t partition) {
  const std::lock_guard lock(mutex_);
  member->fetched.erase({topic, partition});
}

base::Result<std::unique_ptr<Fetch>> Fetch::open(FetchPool& pool, const std::string& topic,
                                                 std::uint16_t partition, std::int64_t from,
                                                 std::int64_t reach) {
  std::unique_ptr<Fetch> fetch(new Fetch(pool, topic, partition));
  fetch->reach_ = reach;
  ASSIGN_OR_RETURN(fetch->member_, pool.take(topic, partition));
  Client& client = *fetch->member_->client;
  ASSIGN_OR_RETURN(fetch->topic_, open_topic(client, topic));
  fetch->queue_.reset(rd_kafka_queue_new(client.get()));
  if (rd_kafka_consume_start_queue(fetch->topic_.get(), partition, from, fetch->queue_.get()) != 0)
    return client.error(rd_kafka_last_error(), std::string("reading ").append(topic));
  fetch->started_ = true;
  return fetch;
}

Fetch::~Fetch() {
  retire();
  release();
  if (started_) rd_kafka_consume_stop(topic_.get(), partition_);
  queue_.reset();
  topic_.reset();
  if (member_ != nullptr) pool_.give_back(member_, topic_name_, partition_);
}

void Fetch::retire() {
  used_.insert(used_.end(), messages_.begin(), messages_.end());
  messages_.clear();
  at_ = 0;
}

void Fetch::release() {
  for (rd_kafka_message_s* message : used_) rd_kafka_message_destroy(message);
  used_.clear();
}

bool Fetch::take(std::size_t most, int wait_ms) {
  const std::size_t before = messages_.size();
  messages_.resize(before + most);
  const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), wait_ms, messages_.data() + before, most);
  messages_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return count > 0;
}

// Gets what has been fetched; waits while it is not known whether there is something. Only one message is
// ever waited for: the library waits its time out for a batch that does not get full.
base::Status Fetch::refill(int wait_max_ms) {
  retire();
  Client& client = *member_->client;
  const int limit = wait_max_ms < 0 ? client.patience() : wait_max_ms;
  for (int waited = 0;; waited += kWaitMs) {
    take(kAtOnce, 0);
    if (messages_.empty()) at_end_ = at_end_ || has_all_it_heard_of();
    const int wait = at_end_ ? 0 : std::clamp(limit - waited, 0, kWaitMs);
    if (messages_.empty() && wait > 0 && take(1, wait)) take(kAtOnce - 1, 0);
    client.poll(0);
    if (!messages_.empty() || at_end_) return {};
    if (waited + kWaitMs < limit) continue;
    if (wait_max_ms >= 0) return {};
    return client.error(RD_KAFKA_RESP_ERR__TIMED_OUT, std::string("reading ").append(topic_name_));
  }
}

// The broker says the end with each answer, and that nothing follows only with the next one. Behind the last
// message there may be marks of transactions, and then it is that one which has to be waited for.
bool Fetch::has_all_it_heard_of() {
  if (next_ < 0 || next_ < reach_ || ahead() != 0) return false;
  end_offset_ = next_;
  return true;
}

std::int64_t Fetch::ahead() const {
  std::int64_t low = 0;
  std::int64_t high = -1;
  if (rd_kafka_get_watermark_offsets(member_->client->get(), topic_name_.c_str(), partition_, &low, &high) !=
      RD_KAFKA_RESP_ERR_NO_ERROR)
    return 1;  // who knows
  return std::max<std::int64_t>(0, high - next_);
}

base::Result<const rd_kafka_message_s*> Fetch::next(int wait_max_ms) {
  release();
  if (again_) {
    again_ = false;
    --at_;
  }
  return advance(wait_max_ms);
}

base::Result<const rd_kafka_message_s*> Fetch::advance(int wait_max_ms) {
  while (true) {
    if (at_ == messages_.size()) {
      RETURN_IF_ERROR(refill(wait_max_ms));
      if (messages_.empty()) return static_cast<const rd_kafka_message_s*>(nullptr);
    }
    const rd_kafka_message_s* message = messages_[at_++];
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      at_end_ = false;
      next_ = message->offset + 1;
      return message;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      end_offset_ = message->offset;
      at_end_ = at_ == messages_.size() && end_offset_ >= reach_;
      if (at_end_) return static_cast<const rd_kafka_message_s*>(nullptr);
      continue;
    }
    // The connection comes and goes; the client goes on by itself.
    if (message->err == RD_KAFKA_RESP_ERR__TRANSPORT || message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
      continue;
    return member_->client->error(message->err, std::string("reading ")
                                                    .append(topic_name_)
                                                    .append(", partition ")
                                                    .append(std::to_string(partition_)));
  }
}

base::Status Fetch::next_values(int wait_max_ms, std::vector<FetchedValue>& values) {
  ASSIGN_OR_RETURN(const rd_kafka_message_s* message, advance(wait_max_ms));
  while (message != nullptr) {
    FetchedValue& added = values.emplace_back();
    added.offset = message->offset;
    next_ = message->offset + 1;
    if (message->payload != nullptr)
      added.value = std::string_view(static_cast<const char*>(message->payload), message->len);
    // An end that was reached on the way has moved since.
    while (at_ + 1 < messages_.size() && messages_[at_]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) ++at_;
    const bool more = at_ < messages_.size() && messages_[at_]->err == RD_KAFKA_RESP_ERR_NO_ERROR;
    message = more ? messages_[at_++] : nullptr;
  }
  return {};
}

}  // namespace tickerhouse::tape::kafka

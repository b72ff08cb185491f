#include "tape/kafka/fetch.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::size_t kAtOnce = 4'096;  // messages of one refill
constexpr int kWaitMs = 20;

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
  drop_messages();
  if (started_) rd_kafka_consume_stop(topic_.get(), partition_);
  queue_.reset();
  topic_.reset();
  if (member_ != nullptr) pool_.give_back(member_, topic_name_, partition_);
}

void Fetch::drop_messages() {
  for (rd_kafka_message_s* message : messages_) rd_kafka_message_destroy(message);
  messages_.clear();
  at_ = 0;
}

// Gets what has been fetched; waits while it is not known whether there is something.
base::Status Fetch::refill() {
  drop_messages();
  messages_.resize(kAtOnce);
  Client& client = *member_->client;
  for (int waited = 0;; waited += kWaitMs) {
    const ssize_t count =
        rd_kafka_consume_batch_queue(queue_.get(), at_end_ ? 0 : kWaitMs, messages_.data(), messages_.size());
    client.poll(0);
    if (count > 0 || at_end_) {
      messages_.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      return {};
    }
    const bool enough = wait_max_ms_ >= 0 && waited >= wait_max_ms_;
    if (enough || waited >= client.patience()) {
      messages_.clear();
      if (enough) return {};
      return client.error(RD_KAFKA_RESP_ERR__TIMED_OUT, std::string("reading ").append(topic_name_));
    }
  }
}

base::Result<const rd_kafka_message_s*> Fetch::next() {
  if (again_) {
    again_ = false;
    --at_;
  }
  while (true) {
    if (at_ == messages_.size()) {
      RETURN_IF_ERROR(refill());
      if (messages_.empty()) return static_cast<const rd_kafka_message_s*>(nullptr);
    }
    const rd_kafka_message_s* message = messages_[at_++];
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      at_end_ = false;
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

base::Status Fetch::next_values(std::vector<FetchedValue>& values) {
  ASSIGN_OR_RETURN(const rd_kafka_message_s* message, next());
  while (message != nullptr) {
    FetchedValue& added = values.emplace_back();
    added.offset = message->offset;
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

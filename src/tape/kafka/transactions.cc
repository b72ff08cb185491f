#include "tape/kafka/transactions.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <utility>

#include "market/batch.h"
#include "tape/aligned_copy.h"
#include "tape/kafka/checkpoints/chunks.h"
#include "tape/kafka/requests.h"
#include "tape/kafka/topics.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr int kQueueFullWaitMs = 10;

bool is_fence(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__FENCED || error == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         error == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

// Whether a transactional call is to be made again. "Not yet" of a coordinator that still loads, or ends the
// transaction before, comes as retriable; so does a call that has timed out, whose patience was the whole.
class Again {
 public:
  explicit Again(const Client& client)
      : deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(client.patience())) {}
  bool operator()(const rd_kafka_error_t* error) const {
    return rd_kafka_error_is_retriable(error) != 0 &&
           rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__TIMED_OUT &&
           std::chrono::steady_clock::now() < deadline_;
  }

 private:
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace

base::Result<std::unique_ptr<Transactions>> Transactions::open(const Connection& connection,
                                                               const TopicNames& names,
                                                               std::string_view writer,
                                                               const SchemaIds& schemas) {
  std::unique_ptr<Transactions> made(new Transactions(names, writer, schemas));
  const std::string id = std::string(names.pipeline).append(".").append(writer);
  ASSIGN_OR_RETURN(made->client_, Client::open(Role::writer, connection, {{"transactional.id", id}}));
  Client& client = *made->client_;
  const Again again(client);
  while (true) {
    const Owned<rd_kafka_error_s> error(rd_kafka_init_transactions(client.get(), client.patience()));
    if (error == nullptr) return made;
    if (again(error.get())) continue;
    return client.error(rd_kafka_error_code(error.get()), std::string("taking over writer ").append(writer));
  }
}

base::Result<rd_kafka_topic_s*> Transactions::topic(const std::string& name) {
  const auto found = topics_.find(name);
  if (found != topics_.end()) return found->second.get();
  ASSIGN_OR_RETURN(Owned<rd_kafka_topic_s> opened, open_topic(*client_, name));
  return topics_.emplace(name, std::move(opened)).first->second.get();
}

base::Status Transactions::produce(rd_kafka_topic_s* topic, std::uint16_t partition, const Message& message) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.header_count);
  for (std::size_t i = 0; i < message.header_count; ++i) {
    const Header& header = message.headers.at(i);
    rd_kafka_header_add(headers, header.name.data(), static_cast<ssize_t>(header.name.size()),
                        header.value.data(), static_cast<ssize_t>(header.value.size()));
  }
  std::array<rd_kafka_vu_t, 6> parts{};
  parts[0].vtype = RD_KAFKA_VTYPE_RKT;
  parts[0].u.rkt = topic;
  parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  parts[1].u.i32 = partition;
  parts[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (message.has_key) parts[2].u.mem = {const_cast<char*>(message.key.data()), message.key.size()};
  parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
  parts[3].u.mem = {const_cast<char*>(message.value.data()), message.value.size()};
  parts[4].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  parts[4].u.i = RD_KAFKA_MSG_F_COPY;
  parts[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  parts[5].u.headers = headers;
  while (true) {
    const Owned<rd_kafka_error_s> error(rd_kafka_produceva(client_->get(), parts.data(), parts.size()));
    if (error == nullptr) return {};  // and the headers are the library's
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      client_->poll(kQueueFullWaitMs);
      continue;
    }
    rd_kafka_headers_destroy(headers);
    return client_->error(code, std::string("writing to ").append(rd_kafka_topic_name(topic)));
  }
}

base::Status Transactions::produce(const flow::Append& append) {
  ASSIGN_OR_RETURN(rd_kafka_topic_s* const to, topic(names_.of(append.topic)));
  AlignedCopy copy;
  const std::string_view bytes = is_batch_aligned(append.batch) ? append.batch : copy.assign(append.batch);
  ASSIGN_OR_RETURN(const market::BatchBytes batch, market::BatchBytes::open(bytes));
  return messages_.write(append.topic, batch,
                         [&](const Message& message) { return produce(to, append.partition, message); });
}

// What an error of a transactional call leaves.
base::Result<Transactions::Outcome> Transactions::judge(Owned<rd_kafka_error_s> error, const char* call) {
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  if (is_fence(code)) return Outcome::fenced;
  if (rd_kafka_error_is_fatal(error.get())) return client_->error(code, call);
  if (rd_kafka_error_txn_requires_abort(error.get())) return abort();
  return Outcome::unknown;
}

base::Result<Transactions::Outcome> Transactions::abort() {
  const Owned<rd_kafka_error_s> error(rd_kafka_abort_transaction(client_->get(), client_->patience()));
  if (error == nullptr) return Outcome::aborted;
  return is_fence(rd_kafka_error_code(error.get())) ? Outcome::fenced : Outcome::unknown;
}

// `committed`: the offset is in the transaction.
base::Result<Transactions::Outcome> Transactions::send_offset(const flow::Consumed& consumed,
                                                              const Member& member) {
  const PlaceList offsets(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(offsets.get(), names_.of(consumed.topic).c_str(), consumed.partition)
      ->offset = static_cast<std::int64_t>(consumed.next.value);
  const Again again(*client_);
  while (true) {
    // Asked for each time: another generation may have begun.
    const GroupMetadata metadata = member.metadata();
    Owned<rd_kafka_error_s> error(rd_kafka_send_offsets_to_transaction(client_->get(), offsets.get(),
                                                                       metadata.get(), client_->patience()));
    if (error == nullptr) return Outcome::committed;
    if (!again(error.get())) return judge(std::move(error), "telling the group");
  }
}

base::Status Transactions::produce_all(const flow::Commit& commit) {
  for (const flow::Append& append : commit.appends) RETURN_IF_ERROR(produce(append));
  ASSIGN_OR_RETURN(rd_kafka_topic_s* const positions, topic(names_.positions()));
  Message position;
  position.key = commit.writer;
  position.has_key = true;
  position.value = commit.after;
  return produce(positions, 0, position);
}

base::Result<Transactions::Outcome> Transactions::commit(const flow::Commit& commit, const Member* member) {
  return transact([&] { return produce_all(commit); }, member == nullptr ? std::nullopt : commit.consumed,
                  member);
}

base::Result<Transactions::Outcome> Transactions::save(const flow::ShardState& state) {
  ASSIGN_OR_RETURN(rd_kafka_topic_s* const to, topic(names_.checkpoints()));
  const auto write = [&] {
    return write_chunks(state, kChunkBytesMax,
                        [&](const Message& message) { return produce(to, state.partition, message); });
  };
  return transact(write, std::nullopt, nullptr);
}

base::Result<Transactions::Outcome> Transactions::transact(const std::function<base::Status()>& write,
                                                           const std::optional<flow::Consumed>& consumed,
                                                           const Member* member) {
  if (Owned<rd_kafka_error_s> error(rd_kafka_begin_transaction(client_->get())); error != nullptr)
    return judge(std::move(error), "beginning a transaction");
  if (const base::Status written = write(); !written.ok()) {
    // A producer that is fenced, or whose transaction must be aborted, refuses messages.
    ASSIGN_OR_RETURN(const Outcome outcome, abort());
    if (outcome == Outcome::aborted && written.error().code != base::ErrorCode::io) return written.error();
    return outcome;
  }
  if (consumed) {
    ASSIGN_OR_RETURN(const Outcome sent, send_offset(*consumed, *member));
    if (sent != Outcome::committed) return sent;
  }
  const Again again(*client_);
  while (true) {
    Owned<rd_kafka_error_s> error(rd_kafka_commit_transaction(client_->get(), client_->patience()));
    if (error == nullptr) return Outcome::committed;
    if (!again(error.get())) return judge(std::move(error), "committing");
  }
}

}  // namespace tickerhouse::tape::kafka

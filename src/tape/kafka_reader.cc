#include "tape/kafka_reader.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tape/aligned_copy.h"
#include "tape/commit_rule.h"
#include "tape/kafka/messages.h"

namespace tickerhouse::tape {
namespace {

constexpr std::chrono::seconds kLookEvery(5);
constexpr std::int64_t kWorthWaiting = 512;  // offsets that are known to follow

// Messages that follow each other, as rows of one batch.
class Gatherer {
 public:
  virtual ~Gatherer() = default;
  // Before each batch; its error ends the reading.
  virtual base::Status look() { return {}; }
  // false: it cannot be a row of this batch.
  virtual base::Result<bool> add(const rd_kafka_message_t& raw) = 0;
  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual std::string_view seal() = 0;
  virtual void clear() = 0;
};

class OwnGatherer final : public Gatherer {
 public:
  OwnGatherer(flow::Topic topic, std::uint16_t partition, OpenBook open_book)
      : topic_(topic), partition_(partition), open_book_(std::move(open_book)) {}

  base::Result<bool> add(const rd_kafka_message_t& raw) override {
    if (topic_ != flow::Topic::events) {
      message_ = kafka::message_of(raw);
    } else {  // read by the million, and the value says everything
      message_.value = {static_cast<const char*>(raw.payload), raw.payload == nullptr ? 0 : raw.len};
    }
    if (topic_ != flow::Topic::rejects && message_.value.starts_with('\0'))
      RETURN_IF_ERROR(read_avro(message_.value));
    auto added = gathered_.add(topic_, message_);
    if (added.ok()) return added;
    base::Error error = added.error();
    error.where =
        std::string("Kafka, ").append(place_name(topic_, partition_, static_cast<std::uint64_t>(raw.offset)));
    return error;
  }
  [[nodiscard]] std::size_t size() const override { return gathered_.size(); }
  std::string_view seal() override { return gathered_.seal(); }
  void clear() override { gathered_.clear(); }

 private:
  // As the JSON that it means. What is no value of its schema stays as it is: no message of ours.
  base::Status read_avro(std::string_view& value) {
    if (book_ == nullptr) {
      ASSIGN_OR_RETURN(book_, open_book_());
    }
    RETURN_IF_ERROR(book_->learn(value));
    const auto id = formats::schema_id_of(value);
    const formats::AvroSchema* const schema = id ? book_->find(*id) : nullptr;
    json_.clear();
    if (schema != nullptr && schema->append_json(formats::without_schema_id(value), json_)) value = json_;
    return {};
  }

  flow::Topic topic_;
  std::uint16_t partition_;
  OpenBook open_book_;
  std::unique_ptr<formats::SchemaBook> book_;
  std::string json_;
  kafka::Message message_;
  kafka::BatchGatherer gathered_;
};

class OthersGatherer final : public Gatherer {
 public:
  OthersGatherer(std::unique_ptr<flow::MessageRows> rows, std::function<base::Status()> look)
      : rows_(std::move(rows)), look_(std::move(look)) {}

  base::Status look() override {
    const auto now = std::chrono::steady_clock::now();
    if (now < look_at_) return {};
    look_at_ = now + kLookEvery;
    return look_();
  }
  base::Result<bool> add(const rd_kafka_message_t& raw) override {
    if (!kafka::has_room(events_, bytes_)) return false;
    flow::OthersMessage message;
    if (raw.payload != nullptr) {
      message.value = std::string_view(static_cast<const char*>(raw.payload), raw.len);
      RETURN_IF_ERROR(rows_->prepare(*message.value));
    }
    rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    const std::int64_t milliseconds = rd_kafka_message_timestamp(&raw, &type);
    if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && milliseconds >= 0)
      message.timestamp = milliseconds * base::kMillisecond;
    rows_->append(message, events_);
    bytes_ += raw.len;
    return true;
  }
  [[nodiscard]] std::size_t size() const override { return events_.rows.size(); }
  std::string_view seal() override {
    sealed_.clear();
    const market::BatchParts::Place place = events_.seal(sealed_, 0);
    return std::string_view(sealed_).substr(place.offset, place.size);
  }
  void clear() override {
    events_.clear();
    bytes_ = 0;
  }

 private:
  std::unique_ptr<flow::MessageRows> rows_;
  std::function<base::Status()> look_;
  std::chrono::steady_clock::time_point look_at_;
  market::EventBatchBuilder events_;
  std::size_t bytes_ = 0;
  std::string sealed_;
};

class KafkaReader final : public flow::TapeReader {
 public:
  KafkaReader(std::unique_ptr<kafka::Fetch> fetch, std::unique_ptr<Gatherer> gatherer)
      : fetch_(std::move(fetch)), gatherer_(std::move(gatherer)) {}

  base::Result<bool> next(flow::TapeBatch& batch) override {
    // What failed after some rows had been gathered: they were given first.
    if (failed_) return take_failure();
    RETURN_IF_ERROR(gatherer_->look());
    gatherer_->clear();
    std::int64_t first = 0;
    while (true) {
      auto taken = take();
      if (!taken.ok()) failed_ = taken.error();
      const rd_kafka_message_t* const raw = taken.ok() ? *taken : nullptr;
      if (raw == nullptr) break;
      const auto count = static_cast<std::int64_t>(gatherer_->size());
      if (count == 0) first = raw->offset;
      const auto added = raw->offset == first + count ? gatherer_->add(*raw) : base::Result<bool>(false);
      if (added.ok() && *added) continue;
      if (added.ok()) {
        fetch_->unget();
      } else {
        failed_ = added.error();
      }
      break;
    }
    if (gatherer_->size() == 0 && failed_) return take_failure();
    if (gatherer_->size() == 0) return false;
    const std::string_view sealed = gatherer_->seal();
    ASSIGN_OR_RETURN(batch.bytes,
                     market::BatchBytes::open(is_batch_aligned(sealed) ? sealed : copy_.assign(sealed)));
    batch.first = {static_cast<std::uint64_t>(first)};
    batch.next = {batch.first.value + gatherer_->size()};
    batch.skip = 0;
    return true;
  }

 private:
  // The next message. The end is waited for only until it is known what was there when this was opened; with
  // rows in hand nothing is, unless it makes the batch fuller by much: behind them there are marks of
  // transactions, so the end is known only with the brokers' next answer.
  base::Result<const rd_kafka_message_t*> take() {
    ASSIGN_OR_RETURN(const rd_kafka_message_t* raw, fetch_->next(0));
    if (raw != nullptr || fetch_->at_end()) return raw;
    const bool unknown = gatherer_->size() == 0 && !fetch_->has_reached();
    if (unknown || fetch_->ahead() >= kWorthWaiting) return fetch_->next();
    return raw;
  }

  base::Error take_failure() {
    base::Error error = failed_.value_or(base::Error{});
    failed_.reset();
    return error;
  }

  std::unique_ptr<kafka::Fetch> fetch_;
  std::unique_ptr<Gatherer> gatherer_;
  AlignedCopy copy_;
  std::optional<base::Error> failed_;
};

}  // namespace

std::unique_ptr<flow::TapeReader> read_rows(flow::Topic topic, std::uint16_t partition,
                                            std::unique_ptr<kafka::Fetch> fetch, OpenBook open_book) {
  return std::make_unique<KafkaReader>(std::move(fetch),
                                       std::make_unique<OwnGatherer>(topic, partition, std::move(open_book)));
}

std::unique_ptr<flow::TapeReader> read_messages(std::unique_ptr<kafka::Fetch> fetch,
                                                std::unique_ptr<flow::MessageRows> rows,
                                                std::function<base::Status()> look) {
  return std::make_unique<KafkaReader>(std::move(fetch),
                                       std::make_unique<OthersGatherer>(std::move(rows), std::move(look)));
}

}  // namespace tickerhouse::tape

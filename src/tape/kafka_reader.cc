#include "tape/kafka_reader.h"

#include <librdkafka/rdkafka.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tape/aligned_copy.h"
#include "tape/commit_rule.h"
#include "tape/kafka/messages.h"

namespace tickerhouse::tape {
namespace {

class KafkaReader final : public flow::TapeReader {
 public:
  KafkaReader(flow::Topic topic, std::uint16_t partition, std::unique_ptr<kafka::Fetch> fetch)
      : topic_(topic), partition_(partition), fetch_(std::move(fetch)) {}

  base::Result<bool> next(flow::TapeBatch& batch) override {
    // What failed after some rows had been gathered: they were given first.
    if (failed_) return take_failure();
    gathered_.clear();
    std::int64_t first = 0;
    while (true) {
      auto taken = fetch_->next();
      if (!taken.ok()) failed_ = taken.error();
      const rd_kafka_message_t* const raw = taken.ok() ? *taken : nullptr;
      if (raw == nullptr) break;
      const auto count = static_cast<std::int64_t>(gathered_.size());
      if (count == 0) first = raw->offset;
      const auto added = raw->offset == first + count ? add(*raw) : base::Result<bool>(false);
      if (added.ok() && *added) continue;
      if (added.ok()) {
        fetch_->unget();
      } else {
        failed_ = added.error();
      }
      break;
    }
    if (gathered_.size() == 0 && failed_) return take_failure();
    if (gathered_.size() == 0) return false;
    const std::string_view sealed = gathered_.seal();
    ASSIGN_OR_RETURN(batch.bytes,
                     market::BatchBytes::open(is_batch_aligned(sealed) ? sealed : copy_.assign(sealed)));
    batch.first = {static_cast<std::uint64_t>(first)};
    batch.next = {batch.first.value + gathered_.size()};
    batch.skip = 0;
    return true;
  }

 private:
  base::Error take_failure() {
    base::Error error = failed_.value_or(base::Error{});
    failed_.reset();
    return error;
  }

  base::Result<bool> add(const rd_kafka_message_t& raw) {
    kafka::Message message;
    if (topic_ != flow::Topic::events) {
      message = kafka::message_of(raw);
    } else if (raw.payload != nullptr) {  // read by the million, and the value says everything
      message.value = {static_cast<const char*>(raw.payload), raw.len};
    }
    auto added = gathered_.add(topic_, message);
    if (added.ok()) return added;
    base::Error error = added.error();
    error.where =
        std::string("Kafka, ").append(place_name(topic_, partition_, static_cast<std::uint64_t>(raw.offset)));
    return error;
  }

  flow::Topic topic_;
  std::uint16_t partition_;
  std::unique_ptr<kafka::Fetch> fetch_;
  kafka::BatchGatherer gathered_;
  AlignedCopy copy_;
  std::optional<base::Error> failed_;
};

}  // namespace

std::unique_ptr<flow::TapeReader> read_rows(flow::Topic topic, std::uint16_t partition,
                                            std::unique_ptr<kafka::Fetch> fetch) {
  return std::make_unique<KafkaReader>(topic, partition, std::move(fetch));
}

}  // namespace tickerhouse::tape

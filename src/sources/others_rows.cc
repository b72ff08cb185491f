#include "sources/others_rows.h"

#include <utility>
#include <vector>

#include "market/reject.h"
#include "sources/message_format.h"

namespace tickerhouse::sources {
namespace {

using market::RejectReason;

class OthersRows final : public flow::MessageRows {
 public:
  OthersRows(OthersRowsOptions options, const formats::Mapping& mapping)
      : topic_(std::move(options.topic)),
        skew_(options.skew),
        schemas_(std::move(options.schemas)),
        format_(make_message_format(mapping, schemas_.get())) {}

  base::Status prepare(std::string_view value) override {
    return format_.schemas == nullptr ? base::Status() : format_.schemas->learn(value);
  }

  void append(const flow::OthersMessage& message, market::EventBatchBuilder& to) override {
    // The offset is the shard's to say.
    if (!message.value || !decode_message(*format_.decoder, *message.value, 0, line_, records_) ||
        records_.empty())
      return skip(to);
    const formats::Record& record = records_.front();
    if (record.fault) return reject(*record.fault, record.row.ts_recv, to);
    // A row each: an offset has no room for two.
    if (records_.size() > 1) return reject(RejectReason::unsupported_kind, record.row.ts_recv, to);
    if (is_of_future(record.row, message.timestamp))
      return reject(RejectReason::future_time, record.row.ts_recv, to);
    market::EventRow& row = formats::append_event(record, to);
    row.source = to.strings.intern(topic_);
    if (record.rounded) row.flags |= market::kRounded;
  }

 private:
  [[nodiscard]] bool is_of_future(const market::EventRow& row, base::TsNanos timestamp) const {
    const base::TsNanos reference = row.ts_recv != base::kNoTime ? row.ts_recv : timestamp;
    return reference != base::kNoTime && row.ts_event > reference && row.ts_event - reference > skew_;
  }

  void skip(market::EventBatchBuilder& to) {
    market::EventRow row;
    row.kind = market::EventKind::status;
    row.ts_event = base::kNoTime;
    row.control = {0, 0, market::StatusCode::skipped, {}};
    row.source = to.strings.intern(topic_);
    to.rows.push_back(row);
  }

  void reject(RejectReason reason, base::TsNanos ts_recv, market::EventBatchBuilder& to) {
    market::RejectRow rejected;
    rejected.reason = reason;
    rejected.ts_recv = ts_recv;
    rejected.raw_length = line_.length;
    if (line_.too_long) rejected.raw_hash = line_.hash;
    market::EventRow row = market::rejected_row(rejected);
    row.source = to.strings.intern(topic_);
    to.add_text(static_cast<std::uint32_t>(to.rows.size()), line_.text);
    to.rows.push_back(row);
  }

  std::string topic_;
  base::DurationNanos skew_;
  std::unique_ptr<Schemas> schemas_;
  MessageFormat format_;
  Line line_;
  std::vector<formats::Record> records_;
};

}  // namespace

base::Result<std::unique_ptr<flow::MessageRows>> make_others_rows(OthersRowsOptions options) {
  ASSIGN_OR_RETURN(const formats::Mapping mapping,
                   mapping_of_messages(options.mapping, options.topic, options.schemas.get()));
  return std::unique_ptr<flow::MessageRows>(std::make_unique<OthersRows>(std::move(options), mapping));
}

}  // namespace tickerhouse::sources

#include "runtime/sink_host.h"

#include <utility>
#include <vector>

#include "runtime/progress.h"
#include "runtime/tape_gap.h"

namespace tickerhouse::runtime {
namespace {

// What waits in memory for its file counts by the room it takes: a bar as much as three events.
constexpr std::uint64_t kEventsOfABar =
    (sizeof(market::BarRow) + sizeof(market::EventRow) - 1) / sizeof(market::EventRow);

class SinkHostImpl final : public SinkHost {
 public:
  SinkHostImpl(const SinkHostOptions& options, flow::Tape& tape, flow::Sink& sink)
      : options_(options),
        tape_(tape),
        sink_(sink),
        writer_(std::string(kSinkPrefix).append(sink.info().name)) {
    const flow::SinkPace& pace = sink.info().pace;
    if (pace.interval > 0) options_.flush_interval = pace.interval;
    // A sink of files would begin each run with a small one; the others have people waiting.
    waits_first_ = pace.interval > 0;
    if (pace.rows > 0) options_.flush_rows_max = pace.rows;
  }

  base::Status restore() {
    ASSIGN_OR_RETURN(position_, sink_.restore());
    ASSIGN_OR_RETURN(published_, position_of(tape_, writer_));
    for (const flow::Topic topic : sink_.info().topics)
      for (std::uint16_t partition = 0; partition < options_.partitions; ++partition) {
        if (topic == flow::Topic::rejects && partition > 0) continue;  // one partition
        const bool begun = position_.contains({topic, partition});
        flow::Offset& from = position_[{topic, partition}];
        ASSIGN_OR_RETURN(const flow::Offset end, tape_.end(topic, partition));
        if (from > end)
          return base::Error{base::ErrorCode::configuration,
                             std::string("the target is ahead of the tape in ")
                                 .append(flow::topic_name(topic))
                                 .append("; it belongs to another tape"),
                             sink_.info().name};
        ASSIGN_OR_RETURN(auto reader, tape_.read(topic, partition, from));
        if (begun) RETURN_IF_ERROR(pass_gap(topic, partition, from));
        inputs_.push_back({topic, partition, from, std::move(reader)});
      }
    return publish();
  }

  base::Result<StepState> step() override {
    std::uint64_t rows = 0;
    for (Input& input : inputs_) {
      flow::ResultBatch batch;
      batch.topic = input.topic;
      batch.partition = input.partition;
      while (rows < options_.flush_rows_max) {
        ASSIGN_OR_RETURN(const bool more, input.reader->next(batch.rows));
        if (!more) break;
        rows += weight_of(input.topic, batch.rows.bytes.row_count() - batch.rows.skip);
        input.next = batch.rows.next;
        RETURN_IF_ERROR(sink_.apply(batch));
      }
    }
    behind_ = rows >= options_.flush_rows_max;
    if (rows == 0) return StepState::idle;
    ASSIGN_OR_RETURN(const flow::SinkPosition flushed, sink_.flush());
    for (const auto& [place, next] : flushed) position_[place] = next;
    RETURN_IF_ERROR(publish());
    return StepState::progressed;
  }

  base::Result<bool> due(base::DurationNanos now) override {
    if (waits_first_) next_at_ = now + options_.flush_interval;
    waits_first_ = false;
    bool enough = behind_ || now >= next_at_;
    if (!enough && sink_.info().pace.rows > 0) {
      ASSIGN_OR_RETURN(const std::uint64_t waiting, waiting_rows());
      enough = waiting >= sink_.info().pace.rows;
    }
    if (enough) next_at_ = now + options_.flush_interval;
    return enough;
  }

  base::Result<bool> has_all() override {
    for (const Input& input : inputs_) {
      ASSIGN_OR_RETURN(const std::uint64_t left, tape_.rows_from(input.topic, input.partition, input.next));
      if (left > 0) return false;
    }
    return true;
  }

 private:
  struct Input {
    flow::Topic topic;
    std::uint16_t partition;
    flow::Offset next;  // everything before it has been applied
    std::unique_ptr<flow::TapeReader> reader;
  };

  base::Result<std::uint64_t> waiting_rows() {
    std::uint64_t rows = 0;
    for (const Input& input : inputs_) {
      const auto from = position_.find({input.topic, input.partition});
      ASSIGN_OR_RETURN(const std::uint64_t waiting,
                       tape_.rows_about(input.topic, input.partition,
                                        from == position_.end() ? flow::Offset{} : from->second));
      rows += weight_of(input.topic, waiting);
    }
    return rows;
  }

  [[nodiscard]] std::uint64_t weight_of(flow::Topic topic, std::uint64_t rows) const {
    const bool bars = topic == flow::Topic::bars || topic == flow::Topic::settled;
    return bars && sink_.info().pace.rows > 0 ? rows * kEventsOfABar : rows;
  }

  // One that begins takes what is there.
  base::Status pass_gap(flow::Topic topic, std::uint16_t partition, flow::Offset& from) {
    ASSIGN_OR_RETURN(const auto gap, gap_before(tape_, topic, partition, from));
    if (!gap) return {};
    // The target learns where it is with the next rows; until then the tape knows that it was accepted.
    ASSIGN_OR_RETURN(const flow::SinkPosition published, decode_sink_position(published_));
    const auto known = published.find({topic, partition});
    if (known != published.end() && known->second == gap->to) {
      from = gap->to;
      return {};
    }
    if (!options_.accept_gap) return refuse_gap(*gap, writer_);
    if (options_.on_note) options_.on_note(accepted_gap(*gap, writer_));
    from = gap->to;
    return {};
  }

  base::Status publish() {
    if (!sink_.info().durable) return {};
    const std::string next = encode_sink_position(position_);
    if (next == published_) return {};
    ASSIGN_OR_RETURN(const flow::CommitOutcome outcome,
                     tape_.commit({writer_, published_, next, {}, flow::Claim::results}));
    if (outcome == flow::CommitOutcome::fenced)
      return base::Error{base::ErrorCode::busy, "another process has taken over this sink", writer_};
    published_ = next;
    return {};
  }

  SinkHostOptions options_;
  flow::Tape& tape_;
  flow::Sink& sink_;
  std::string writer_;
  flow::SinkPosition position_;
  std::string published_;
  std::vector<Input> inputs_;
  bool behind_ = false;
  bool waits_first_ = false;
  base::DurationNanos next_at_ = 0;
};

}  // namespace

base::Result<std::unique_ptr<SinkHost>> SinkHost::open(const SinkHostOptions& options, flow::Tape& tape,
                                                       flow::Sink& sink) {
  auto host = std::make_unique<SinkHostImpl>(options, tape, sink);
  RETURN_IF_ERROR(host->restore());
  return std::unique_ptr<SinkHost>(std::move(host));
}

}  // namespace tickerhouse::runtime

#include "sources/topic_source.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "sources/merged_inputs.h"
#include "sources/message_format.h"
#include "sources/source_name.h"
#include "sources/topic_input.h"

namespace tickerhouse::sources {
namespace {

constexpr std::uint32_t kPositionMark = 0x31504F54;  // "TOP1"; a replay's position begins with another number
constexpr base::DurationNanos kLookEvery = 5 * base::kSecond;

struct TopicPosition {
  std::string identity;
  std::vector<PartitionPosition> partitions;

  [[nodiscard]] std::string encode() const {
    std::string bytes;
    base::ByteWriter out(bytes);
    out.put(kPositionMark);
    out.put_text(identity);
    out.put(static_cast<std::uint32_t>(partitions.size()));
    for (const PartitionPosition& partition : partitions) partition.save(out);
    return bytes;
  }
  static base::Result<TopicPosition> decode(std::string_view bytes) {
    base::ByteReader in(bytes);
    TopicPosition position;
    const auto mark = in.get<std::uint32_t>();
    position.identity = in.get_text();
    for (auto count = in.get<std::uint32_t>(); count > 0 && in.ok(); --count)
      position.partitions.emplace_back().load(in);
    if (mark != kPositionMark || !in.at_end())
      return base::Error{base::ErrorCode::damaged, "unreadable position of a topic", ""};
    return position;
  }
};

class TopicSource final : public flow::Source {
 public:
  TopicSource(std::unique_ptr<TopicFeed> feed, std::string name, const TopicOptions& options,
              std::shared_ptr<InputMeter> meter)
      : feed_(std::move(feed)),
        mapping_(options.mapping),
        schemas_(options.schemas),
        follow_(options.follow),
        accept_gap_(options.accept_gap),
        meter_(std::move(meter)),
        inputs_({}) {
    info_.name = std::move(name);
    info_.live = follow_;
    info_.being_written = true;
    position_.identity = feed_->identity();
  }

  [[nodiscard]] const flow::SourceInfo& info() const override { return info_; }

  base::Status restore(std::string_view bytes) override {
    position_ = {feed_->identity(), {}};
    open_ = false;
    lost_.clear();
    if (bytes.empty()) return {};  // it has been announced, no more
    ASSIGN_OR_RETURN(position_, TopicPosition::decode(bytes));
    if (position_.identity == feed_->identity()) return {};
    return base::Error{base::ErrorCode::configuration, "it was deleted and made again since it was opened",
                       place("topic")};
  }

  base::Result<flow::PollState> poll(std::size_t records_max, flow::SourceBatch& batch) override {
    if (!open_) RETURN_IF_ERROR(open());
    for (std::size_t i = batch.files.size(); i < inputs_.size(); ++i)
      batch.files.push_back(std::string(feed_->topic()).append("/").append(std::to_string(i)));
    for (std::size_t i = 0; i < inputs_.size(); ++i) inputs_.at(i).look_again();
    auto polled = inputs_.poll(records_max, batch);
    if (!polled.ok()) return go_on_behind_gap(polled.error());
    const flow::PollState state = *polled;
    batch.skipped = inputs_.skipped() - skipped_before_;
    skipped_before_ += batch.skipped;
    batch.lost.swap(lost_);
    if (batch.records() > 0 || batch.skipped > 0 || !batch.lost.empty() || state == flow::PollState::finished)
      save(batch);
    if (state != flow::PollState::idle) return state;
    // Nothing now: is that so, or have the brokers only not said?
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (inputs_.at(i).waiting()) return flow::PollState::more;
    RETURN_IF_ERROR(look());
    return state;
  }

 private:
  [[nodiscard]] std::string place(const char* word) const {
    return std::string("Kafka, ").append(word).append(" ").append(feed_->topic());
  }

  void save(flow::SourceBatch& batch) {
    std::uint64_t read = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      position_.partitions[i] = inputs_.at(i).position();
      read += position_.partitions[i].next - begins_[i];
    }
    meter_->done = read;
    batch.position = position_.encode();
  }

  // What follows was deleted while the topic was read: opened again, it says where, or goes on behind it.
  base::Result<flow::PollState> go_on_behind_gap(const base::Error& error) {
    if (error.code != base::ErrorCode::damaged) return error;
    const std::size_t known = lost_.size();
    RETURN_IF_ERROR(open());
    if (lost_.size() == known) return error;
    return flow::PollState::more;
  }

  // From the position on.
  base::Status open() {
    ASSIGN_OR_RETURN(const std::vector<TopicExtent> extents, feed_->extents());
    looked_at_ = base::system_clock().monotonic_now();
    inputs_ = MergedInputs<TopicInput>({});
    begins_.clear();
    skipped_before_ = 0;
    std::vector<PartitionPosition>& partitions = position_.partitions;
    for (std::size_t i = 0; i < partitions.size(); ++i)
      RETURN_IF_ERROR(check(i, i < extents.size() ? extents[i] : TopicExtent{}));
    const bool goes_on = std::any_of(partitions.begin(), partitions.end(),
                                     [](const PartitionPosition& at) { return at.next < at.end; });
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < extents.size(); ++i) {
      const bool known = i < partitions.size();
      if (!known) partitions.push_back({extents[i].begin, 0, goes_on ? extents[i].begin : 0});
      PartitionPosition& at = partitions[i];
      if (follow_) {
        at.end = 0;
      } else if (!goes_on) {
        at.end = extents[i].end;
      }
      total += at.end - std::min(at.next, at.end);
      RETURN_IF_ERROR(add_input(i));
    }
    meter_->total = total;
    open_ = true;
    return {};
  }

  base::Status add_input(std::size_t i) {
    const PartitionPosition& at = position_.partitions[i];
    begins_.push_back(at.next);
    ASSIGN_OR_RETURN(auto input,
                     TopicInput::open(*feed_, static_cast<std::uint16_t>(i),
                                      make_message_format(mapping_, schemas_.get()), at, follow_));
    inputs_.add(std::move(input));
    return {};
  }

  // Is what follows the position there? If not, and that is accepted: the position is moved to where
  // something is.
  base::Status check(std::size_t i, const TopicExtent& extent) {
    PartitionPosition& at = position_.partitions[i];
    const std::uint64_t next = at.next;
    if (next >= extent.begin && next <= extent.end) return {};
    if (next < extent.begin && accept_gap_) {
      lost_.push_back({static_cast<std::uint16_t>(i), next, extent.begin});
      at.next = extent.begin;
      at.item = 0;
      return {};
    }
    std::string what;
    if (next < extent.begin) {
      what.append(std::to_string(extent.begin - next))
          .append(" messages were deleted before they were read: offsets ")
          .append(std::to_string(next))
          .append(" to ")
          .append(std::to_string(extent.begin - 1))
          .append(
              ". Bring them back, or go on without them: the same command with --accept-gap, which notes "
              "it and marks the bars that may lack an event");
    } else {
      what.append("ends at offset ")
          .append(std::to_string(extent.end))
          .append(", but was read up to ")
          .append(std::to_string(next));
    }
    return base::Error{base::ErrorCode::configuration, what,
                       place("topic").append(", partition ").append(std::to_string(i))};
  }

  // Now and then, while nothing comes: are the brokers there at all, and are there new partitions?
  base::Status look() {
    const base::DurationNanos now = base::system_clock().monotonic_now();
    if (now - looked_at_ < kLookEvery) return {};
    looked_at_ = now;
    ASSIGN_OR_RETURN(const std::vector<TopicExtent> extents, feed_->extents());
    for (std::size_t i = position_.partitions.size(); i < extents.size(); ++i) {
      position_.partitions.push_back({extents[i].begin, 0, 0});
      RETURN_IF_ERROR(add_input(i));
    }
    return {};
  }

  flow::SourceInfo info_;
  std::unique_ptr<TopicFeed> feed_;
  formats::Mapping mapping_;
  std::shared_ptr<Schemas> schemas_;  // outlives inputs_
  bool follow_;
  bool accept_gap_;
  std::shared_ptr<InputMeter> meter_;
  MergedInputs<TopicInput> inputs_;
  TopicPosition position_;
  std::vector<std::uint64_t> begins_;    // by partition: where this reading began
  std::vector<flow::LostRecords> lost_;  // not handed out yet
  bool open_ = false;
  std::uint64_t skipped_before_ = 0;
  base::DurationNanos looked_at_ = 0;
};

}  // namespace

base::Result<OpenedInput> open_topic(std::unique_ptr<TopicFeed> feed, const TopicOptions& options) {
  TopicOptions complete = options;
  ASSIGN_OR_RETURN(complete.mapping,
                   mapping_of_messages(options.mapping, feed->topic(), options.schemas.get()));
  OpenedInput opened;
  opened.meter = std::make_shared<InputMeter>();
  std::set<std::string> taken;
  std::string name;
  for (const KnownInput& input : options.known) {
    taken.insert(input.source);
    const auto position = TopicPosition::decode(input.position);
    if (position.ok() && position->identity == feed->identity()) name = input.source;
  }
  opened.known = !name.empty();
  if (!opened.known) name = unique_name(feed->topic(), taken);
  opened.source = std::make_unique<TopicSource>(std::move(feed), std::move(name), complete, opened.meter);
  return opened;
}

}  // namespace tickerhouse::sources

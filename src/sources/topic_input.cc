#include "sources/topic_input.h"

#include <utility>

namespace tickerhouse::sources {
void PartitionPosition::save(base::ByteWriter& out) const {
  out.put(next);
  out.put(item);
  out.put(end);
}

void PartitionPosition::load(base::ByteReader& in) {
  next = in.get<std::uint64_t>();
  item = in.get<std::uint32_t>();
  end = in.get<std::uint64_t>();
}

base::Result<std::unique_ptr<TopicInput>> TopicInput::open(TopicFeed& feed, std::uint16_t partition,
                                                           MessageFormat format,
                                                           const PartitionPosition& from, bool follow) {
  std::unique_ptr<TopicInput> input(new TopicInput(feed, partition, std::move(format), from, follow));
  input->ended_ = !follow && from.next >= from.end;
  if (input->ended_) return input;
  RETURN_IF_ERROR(feed.start(partition, from.next));
  input->reading_ = true;
  return input;
}

void TopicInput::look_again() {
  quiet_ = waiting_ = false;
  if (reading_) feed_.release(partition_);
}

base::Result<bool> TopicInput::refill(Wait wait) {
  if (!learning_) {
    records_.clear();
    item_ = 0;
    messages_.clear();
    at_ = 0;
    ASSIGN_OR_RETURN(const TopicFeed::Fetched fetched, feed_.fetch(partition_, wait, messages_));
    waiting_ = fetched == TopicFeed::Fetched::waiting;
    if (waiting_) return false;
    // The end of a reading may lie beyond the last message: what is between holds none.
    if (fetched == TopicFeed::Fetched::end) (follow_ ? quiet_ : ended_) = true;
  }
  learning_ = format_.schemas != nullptr;
  if (learning_) RETURN_IF_ERROR(learn());
  learning_ = false;
  return true;
}

// Before anything is decoded: a registry that does not answer is no fault of a message. Nothing is decoded
// before.
base::Status TopicInput::learn() {
  for (const TopicMessage& message : messages_)
    if (message.value) RETURN_IF_ERROR(format_.schemas->learn(*message.value));
  return {};
}

InputState TopicInput::advance() {
  for (;;) {
    if (item_ < records_.size()) return InputState::record;
    if (ended_) return InputState::end;
    if (quiet_) return InputState::quiet;
    if (learning_ || at_ == messages_.size()) return InputState::refill;
    const TopicMessage& message = messages_[at_++];
    if (!follow_ && message.offset >= position_.end) {
      ended_ = true;
      records_.clear();
      item_ = 0;
      return InputState::end;
    }
    const std::uint32_t taken = message.offset == position_.next ? position_.item : 0;
    position_.next = message.offset + 1;
    position_.item = 0;
    if (decode(message)) {
      item_ = taken;
    } else {
      ++skipped_;
    }
  }
}

bool TopicInput::decode(const TopicMessage& message) {
  records_.clear();
  item_ = 0;
  return message.value && decode_message(*format_.decoder, *message.value, message.offset, line_, records_);
}

// After the message in hand, or inside it.
PartitionPosition TopicInput::position() const {
  PartitionPosition position = position_;
  if (item_ < records_.size()) {
    position.next = line_.number;
    position.item = static_cast<std::uint32_t>(item_);
  } else if (ended_ && position.next < position.end) {
    position.next = position.end;
  }
  return position;
}

}  // namespace tickerhouse::sources

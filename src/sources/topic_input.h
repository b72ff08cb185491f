// One partition of a foreign topic: its messages, decoded one at a time, and the position to go on from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "formats/record.h"
#include "sources/line_reader.h"
#include "sources/merged_inputs.h"
#include "sources/message_format.h"
#include "sources/topic_feed.h"

namespace tickerhouse::sources {

struct PartitionPosition {
  std::uint64_t next = 0;  // the offset of the next message
  std::uint32_t item = 0;  // records of it already taken
  std::uint64_t end = 0;   // of a reading that has one: where; else 0

  void save(base::ByteWriter& out) const;
  void load(base::ByteReader& in);
};

class TopicInput {
 public:
  using Wait = TopicFeed::Wait;
  static constexpr bool kBytesLiveOn = true;  // until look_again()

  // Reads from `from`, to from.end or, followed, without end.
  static base::Result<std::unique_ptr<TopicInput>> open(TopicFeed& feed, std::uint16_t partition,
                                                        MessageFormat format, const PartitionPosition& from,
                                                        bool follow);

  // Before each poll: what had no more messages is asked again, and what was taken is free.
  void look_again();
  [[nodiscard]] bool waiting() const { return waiting_; }  // since then refill() has said so
  // Decodes until a record. What holds none, a tombstone or an excluded one, is counted in skipped().
  InputState advance();
  // false: the brokers have not said what follows. An error changes nothing: call it again.
  base::Result<bool> refill() { return refill(Wait::for_the_brokers); }
  base::Result<bool> refill(Wait wait);
  [[nodiscard]] const formats::Record& current() const { return records_[item_]; }
  [[nodiscard]] const Line& line() const { return line_; }
  void take() { ++item_; }

  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }
  [[nodiscard]] PartitionPosition position() const;

 private:
  TopicInput(TopicFeed& feed, std::uint16_t partition, MessageFormat format, const PartitionPosition& from,
             bool follow)
      : feed_(feed), partition_(partition), format_(std::move(format)), follow_(follow), position_(from) {}
  base::Status learn();
  bool decode(const TopicMessage& message);

  TopicFeed& feed_;
  std::uint16_t partition_;
  MessageFormat format_;
  bool follow_;
  PartitionPosition position_;  // item: of the message to read first
  std::vector<TopicMessage> messages_;
  std::size_t at_ = 0;     // of the message to decode next
  bool learning_ = false;  // the schemas of messages_, which may fail
  bool quiet_ = false;
  bool waiting_ = false;
  bool ended_ = false;
  bool reading_ = false;  // the feed has been told to begin
  Line line_;
  std::vector<formats::Record> records_;
  std::size_t item_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace tickerhouse::sources

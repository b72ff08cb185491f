// A topic of foreign messages as a source needs it. Who speaks to the brokers implements it. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerhouse::sources {

struct TopicMessage {
  std::uint64_t offset = 0;
  std::optional<std::string_view> value;  // none: a tombstone
};

// Of one partition: the offset of the first message that is kept, and the one after the last.
struct TopicExtent {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class TopicFeed {
 public:
  virtual ~TopicFeed() = default;
  [[nodiscard]] virtual const std::string& topic() const = 0;
  // Of the cluster and the topic: the same name, made again, has another.
  [[nodiscard]] virtual const std::string& identity() const = 0;
  // By partition, as it is now. `io` if the brokers do not answer.
  virtual base::Result<std::vector<TopicExtent>> extents() = 0;
  // Reads a partition from there on; once more: from there on in place of where it was.
  virtual base::Status start(std::uint16_t partition, std::uint64_t from) = 0;

  enum class Wait { no, for_the_brokers };  // up to 100 ms
  enum class Fetched {
    messages,
    waiting,  // some may be there, the brokers have not said
    end,      // there are none now
  };
  // What follows in the partition, all that is there at once, in order. Valid until a release() that comes
  // after another call for it. `io`: no answer within the patience; `damaged`: what follows was deleted
  // meanwhile.
  virtual base::Result<Fetched> fetch(std::uint16_t partition, Wait wait,
                                      std::vector<TopicMessage>& messages) = 0;
  virtual void release(std::uint16_t partition) = 0;
};

}  // namespace tickerhouse::sources

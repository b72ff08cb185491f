// Any topic of a cluster, as its committed messages: all partitions, from where one likes. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "tape/kafka/client.h"
#include "tape/kafka/fetch.h"

namespace tickerhouse::tape::kafka {

// Borrows; valid until the next one.
struct ForeignMessage {
  std::uint16_t partition = 0;
  std::int64_t offset = 0;
  base::TsNanos time = base::kNoTime;  // of its producer or its broker
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;                                              // none: a tombstone
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> headers;  // if asked for
};

// Borrows from the library's.
ForeignMessage message_of(const rd_kafka_message_s& raw, bool headers);

struct ReadFrom {
  enum class Kind { beginning, end, offset, time };
  Kind kind = Kind::end;
  std::int64_t value = 0;  // an offset, held within what a partition has; or a time in ns
  bool headers = false;
};

class TopicReader {
 public:
  // `not_found`.
  static base::Result<std::unique_ptr<TopicReader>> open(const Connection& connection,
                                                         const std::string& topic, const ReadFrom& from);

  // Partition by partition, some thousand messages of each at a time. false: all have been read to their end
  // now; call again later.
  base::Result<bool> next(ForeignMessage& message);

 private:
  TopicReader(Connection connection, std::string topic, bool headers)
      : pool_(std::move(connection), FetchPool::Pace::streams), topic_(std::move(topic)), headers_(headers) {}
  void turn();

  struct Input {
    std::uint16_t partition = 0;
    std::unique_ptr<Fetch> fetch;
  };
  FetchPool pool_;
  std::string topic_;
  bool headers_;
  std::vector<Input> inputs_;
  std::size_t at_ = 0;     // of the partition whose turn it is
  std::size_t given_ = 0;  // messages in this turn
};

}  // namespace tickerhouse::tape::kafka

// Rows of batches as messages, one each (docs/kafka.md): JSON in the shape of exports, keyed so that any
// consumer can use them; a rejected record as the bytes it came in. Knows nothing of brokers.
//
//   events, late, symbols   key = symbol (none for watermark and status), header kind
//   bars, settled           key = "SYMBOL INTERVAL WINDOW_START", headers kind and sequence
//   rejects                 no key, headers kind, reason, source, position and what else the row holds
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "flow/tape.h"
#include "formats/avro/avro_rows.h"
#include "formats/message.h"
#include "market/batch_builder.h"

namespace tickerhouse::tape::kafka {

struct Header {
  std::string_view name;
  std::string_view value;
};

// Borrows; valid until the next one.
struct Message {
  std::string_view key;
  bool has_key = false;
  std::string_view value;
  std::array<Header, 9> headers;
  std::size_t header_count = 0;

  void add(std::string_view name, std::string_view text) { headers.at(header_count++) = {name, text}; }
  [[nodiscard]] std::string_view header(std::string_view name) const;  // empty if it has none
};

// Of the writer, in the topic; `damaged` if the message has none.
base::Result<std::uint64_t> sequence_of(const Message& message);

// Of a registry, of our schemas of Avro; a topic that has none is written as JSON.
using SchemaIds = std::map<flow::Topic, std::uint32_t>;

using TakeMessage = std::function<base::Status(const Message& message)>;

// Calls `take` for each row of a whole batch, in order.
class MessageWriter {
 public:
  explicit MessageWriter(SchemaIds ids = {});
  base::Status write(flow::Topic topic, const market::BatchBytes& batch, const TakeMessage& take);

 private:
  using TakeRow = std::function<base::Status(Message& message, std::uint32_t row)>;
  struct Avro {
    formats::AvroRowWriter events{formats::event_schema()};
    formats::AvroRowWriter bars{formats::bar_schema()};
  };
  // id: of the schema, 0: JSON.
  base::Status write_events(const market::EventBatchView& batch, std::uint32_t id, const TakeRow& send);
  base::Status write_bars(const market::BatchView<market::BarRow>& batch, std::uint32_t id,
                          const TakeRow& send);
  base::Status write_rejects(const market::BatchView<market::RejectRow>& batch, const TakeRow& send);

  SchemaIds ids_;
  std::unique_ptr<Avro> avro_;  // if there are ids
  std::string key_;
  std::string value_;
  std::string sequence_;
  std::array<std::string, 5> texts_;
};

// Whether a batch takes one more event; bytes: of the messages in it.
bool has_room(const market::EventBatchBuilder& events, std::size_t bytes);

// Gathers messages that follow each other into one batch.
class BatchGatherer {
 public:
  // true: the row was added. false: it cannot be a row of this batch (another kind of row, another sequence,
  // no room): seal, clear, and add it again. `damaged`: it is no message of ours.
  base::Result<bool> add(flow::Topic topic, const Message& message);
  [[nodiscard]] std::size_t size() const { return rows_; }
  // The sealed batch; borrows from this object until clear().
  std::string_view seal();
  void clear();

 private:
  [[nodiscard]] bool has_room() const;
  base::Status add_reject(const Message& message);

  formats::MessageReader reader_;
  market::EventBatchBuilder events_;
  market::BatchBuilder<market::BarRow> bars_;
  market::BatchBuilder<market::RejectRow> rejects_;
  market::RowKind kind_ = market::RowKind::event;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t first_sequence_ = 0;
  std::string sealed_;
};

}  // namespace tickerhouse::tape::kafka

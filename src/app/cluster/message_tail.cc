#include "app/cluster/message_tail.h"

#include <cstdio>

#include "formats/printable.h"
#include "tape/kafka/topic_reader.h"

namespace tickerhouse::app {
namespace {

using tape::kafka::ForeignMessage;
using tape::kafka::ReadFrom;
using tape::kafka::TopicReader;

constexpr std::size_t kRoundMax = 10'000;  // messages before signals and the time are looked at again

ReadFrom to_read(const MessageTail& wanted) {
  ReadFrom from;
  from.headers = wanted.headers;
  switch (wanted.start.kind) {
    case StartPlace::Kind::beginning:
      from.kind = ReadFrom::Kind::beginning;
      break;
    case StartPlace::Kind::end:
      from.kind = ReadFrom::Kind::end;
      break;
    case StartPlace::Kind::offset:
      from.kind = ReadFrom::Kind::offset;
      from.value = static_cast<std::int64_t>(wanted.start.offset);
      break;
    case StartPlace::Kind::time:
      from.kind = ReadFrom::Kind::time;
      from.value = wanted.start.time;
      break;
  }
  return from;
}

void append(std::string& line, const std::optional<std::string_view>& text) {
  text ? formats::append_printable(line, *text) : static_cast<void>(line.append("null"));
}

// The value, or where it is Avro the JSON that it means, which `json` holds.
base::Result<std::optional<std::string_view>> meaning_of(const MessageTail& wanted,
                                                         const ForeignMessage& message, std::string& json) {
  if (wanted.schemas == nullptr || !message.value) return message.value;
  RETURN_IF_ERROR(wanted.schemas->learn(*message.value));
  json.clear();
  const bool read = formats::append_message_json(*wanted.schemas, *message.value, json);
  return read ? std::optional<std::string_view>(json) : message.value;
}

void append_message(std::string& line, const MessageTail& wanted, const ForeignMessage& message) {
  if (wanted.place)
    line.append(std::to_string(message.partition))
        .append(":")
        .append(std::to_string(message.offset))
        .append(" ");
  if (wanted.headers) {
    const std::size_t begin = line.size();
    for (const auto& [name, value] : message.headers) {
      if (line.size() > begin) line.append(",");
      formats::append_printable(line, name);
      line.append("=");
      append(line, value);
    }
    line.append("\t");
  }
  if (wanted.key) {
    append(line, message.key);
    line.append("\t");
  }
  append(line, message.value);
  line.append("\n");
}

}  // namespace

base::Status tail_messages(const tape::kafka::Connection& connection, const MessageTail& wanted) {
  ASSIGN_OR_RETURN(const auto reader, TopicReader::open(connection, wanted.topic, to_read(wanted)));
  std::uint64_t printed = 0;
  const auto full = [&] { return wanted.count > 0 && printed >= wanted.count; };
  std::string line;
  std::string json;
  ForeignMessage message;
  const auto round = [&]() -> base::Result<bool> {
    for (std::size_t i = 0; i < kRoundMax && !full(); ++i) {
      ASSIGN_OR_RETURN(const bool found, reader->next(message));
      if (!found) return i > 0;
      ASSIGN_OR_RETURN(message.value, meaning_of(wanted, message, json));
      line.clear();
      append_message(line, wanted, message);
      std::fwrite(line.data(), 1, line.size(), stdout);
      ++printed;
    }
    return true;
  };
  return run_rounds(wanted.end, round, full);
}

}  // namespace tickerhouse::app

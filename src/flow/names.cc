#include "base/check.h"
#include "flow/source.h"

#include <algorithm>
#include "flow/tape.h"

namespace tickerhouse::flow {

const char* topic_name(Topic topic) {
  switch (topic) {
    case Topic::events:
      return "events";
    case Topic::rejects:
      return "rejects";
    case Topic::bars:
      return "bars";
    case Topic::settled:
      return "settled";
    case Topic::signals:
      return "signals";
    case Topic::alerts:
      return "alerts";
    case Topic::late:
      return "late";
    case Topic::symbols:
      return "symbols";
  }
  return "?";
}

const char* origin_name(Origin origin) {
  switch (origin) {
    case Origin::live:
      return "live";
    case Origin::recorded:
      return "recorded";
    case Origin::simulated:
      return "simulated";
  }
  return "?";
}

base::Result<std::uint64_t> Tape::rows_from(Topic topic, std::uint16_t partition, Offset from) {
  ASSIGN_OR_RETURN(const Offset last, end(topic, partition));
  return last.value - std::min(last.value, from.value);
}

base::Result<std::uint64_t> Tape::rows_about(Topic topic, std::uint16_t partition, Offset from) {
  return rows_from(topic, partition, from);
}

base::Result<Offset> Tape::find_sequence(Topic /*topic*/, std::uint16_t /*partition*/,
                                         std::uint64_t sequence) {
  return Offset{sequence};
}

base::Result<std::string> position_of(Tape& tape, std::string_view writer) {
  ASSIGN_OR_RETURN(auto found, tape.positions(writer));
  for (auto& [name, position] : found)
    if (name == writer) return std::move(position);
  return std::string();
}

}  // namespace tickerhouse::flow

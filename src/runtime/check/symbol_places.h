// Where the events are messages of others that are keyed by symbol: whether they are. A symbol that comes in
// two partitions would have two bars of each window, each of a part of its trades.
#pragma once

#include <map>
#include <string>

#include "flow/tape.h"

namespace tickerhouse::runtime {

class SymbolPlaces {
 public:
  explicit SymbolPlaces(flow::Tape& tape) : tape_(tape) {}
  // Reads what shards have noted since the last call. `configuration` names the symbol and both partitions.
  base::Status check();

 private:
  flow::Tape& tape_;
  flow::Offset next_;
  std::map<std::string, std::string, std::less<>> place_of_;
};

// TOPIC/PARTITION; empty if the events come through ingest.
std::string place_of_messages(const flow::Tape& tape, std::uint16_t partition);

}  // namespace tickerhouse::runtime

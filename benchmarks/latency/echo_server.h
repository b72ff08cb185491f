// The floor: lines of standard input to one WebSocket client, and nothing in between but the last line of
// each symbol. No tape, no check, no engine, no JSON but the frame around the lines.
#pragma once

#include <cstdint>

namespace tickerhouse::latency {

enum class Cadence {
  at_once,    // each line is a frame of its own
  every_100,  // ms: the lines of the symbols that have changed, one frame, as the program sends rows
};

// Returns when the client has gone. Throws boost::system::system_error.
void serve_echo(std::uint16_t port, Cadence cadence);

}  // namespace tickerhouse::latency

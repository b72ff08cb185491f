// Who listens on a port of this machine, as far as the system tells us.
#pragma once

#include <cstdint>
#include <string>

namespace tickerhouse::serve {

// "pid 4711 (nginx)"; empty if it cannot be found out: the process is another user's.
std::string port_owner(std::uint16_t port);

}  // namespace tickerhouse::serve

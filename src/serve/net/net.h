// The sockets: listens, speaks HTTP and WebSocket, with or without TLS. One thread does all of it; what may
// take long goes to workers.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "serve/core.h"

namespace tickerhouse::serve {

inline constexpr std::size_t kConnectionsMax = 256;
inline constexpr std::uint32_t kHeaderBytesMax = 8U << 10U;
inline constexpr std::uint64_t kBodyBytesMax = 1ULL << 20U;
inline constexpr std::size_t kStreamMessageBytesMax = 64U << 10U;

class Net {
 public:
  // Listens when it returns; `busy`, `configuration` as Server::open.
  static base::Result<std::unique_ptr<Net>> open(Core& core);
  virtual ~Net() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

}  // namespace tickerhouse::serve

// A copy of bytes at an address that market::BatchBytes can read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "market/batch.h"

namespace tickerhouse::tape {

class AlignedCopy {
 public:
  // Valid until the next assign; allocates only while it grows.
  std::string_view assign(std::string_view bytes) {
    blocks_.resize((bytes.size() + sizeof(Block) - 1) / sizeof(Block));
    if (!bytes.empty()) std::memcpy(blocks_.data(), bytes.data(), bytes.size());
    return {reinterpret_cast<const char*>(blocks_.data()), bytes.size()};
  }

 private:
  struct alignas(market::kBatchAlignment) Block {
    std::array<char, market::kBatchAlignment> bytes;
  };
  std::vector<Block> blocks_;
};

inline bool is_batch_aligned(std::string_view bytes) {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % market::kBatchAlignment == 0;
}

}  // namespace tickerhouse::tape

// Bytes that claim to be a batch: refused, or every row, string and text of it can be read.
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "engine/settings.h"
#include "market/batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse;
  struct alignas(16) Block {
    char bytes[16];
  };
  std::vector<Block> aligned(size / sizeof(Block) + 1);
  std::memcpy(aligned.data(), data, size);
  const std::string_view bytes(aligned.front().bytes, size);
  const auto batch = market::BatchBytes::open(bytes);
  if (batch.ok()) {
    std::size_t sum = 0;
    for (std::uint32_t i = 0; i < batch->row_count(); ++i) sum += batch->text(i).size();
    for (std::uint32_t i = 0; i < batch->string_count(); ++i)
      sum += batch->string(static_cast<std::uint16_t>(i)).size();
    if (sum > 2 * size) __builtin_trap();
  }
  (void)engine::settings_from_text({reinterpret_cast<const char*>(data), size}).ok();
  return 0;
}

#include "tape/kafka/checkpoints/chunks.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/hash.h"

namespace tickerhouse::tape::kafka {
namespace {

constexpr std::string_view kKind = "checkpoint";

// Of a header; what no checkpoint has if it is none.
std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

base::Status write_chunks(const flow::ShardState& state, std::size_t chunk_bytes, const TakeMessage& take) {
  CHECK(chunk_bytes > 0);
  const std::size_t count = std::max<std::size_t>(1, (state.bytes.size() + chunk_bytes - 1) / chunk_bytes);
  const std::string offset = std::to_string(state.next.value);
  const std::string chunks = std::to_string(count);
  const std::string hash = base::to_hex(base::hash128(state.bytes));
  for (std::size_t i = 0; i < count; ++i) {
    const std::string chunk = std::to_string(i);
    const std::string key = std::string(state.writer).append(" ").append(chunk);
    Message message;
    message.key = key;
    message.has_key = true;
    message.value = state.bytes.substr(std::min(i * chunk_bytes, state.bytes.size()), chunk_bytes);
    message.add("kind", kKind);
    message.add("offset", offset);
    message.add("chunk", chunk);
    message.add("chunks", chunks);
    message.add("hash", hash);
    RETURN_IF_ERROR(take(message));
  }
  return {};
}

void ChunkGatherer::add(const Message& message) {
  const auto chunk = number(message.header("chunk"));
  const auto chunks = number(message.header("chunks"));
  if (message.header("kind") != kKind || !chunk || !chunks) {
    id_.clear();
    return;
  }
  const std::string_view hash = message.header("hash");
  const std::string id = std::string(message.header("offset"))
                             .append(" ")
                             .append(message.header("chunks"))
                             .append(" ")
                             .append(hash);
  if (*chunk == 0) {
    id_ = id;
    next_ = 0;
    bytes_.clear();
  }
  if (id != id_ || *chunk != next_) {
    id_.clear();
    return;
  }
  bytes_.append(message.value);
  if (++next_ < *chunks) return;
  if (base::to_hex(base::hash128(bytes_)) == hash) newest_ = std::move(bytes_);
  bytes_.clear();
  id_.clear();
}

}  // namespace tickerhouse::tape::kafka

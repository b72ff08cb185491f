// Little-endian bytes of positions, checkpoints and settings: fixed-width integers and length-prefixed text.
// The reader never reads beyond its input: the first shortage makes it fail for good, and ok() says so once
// at the end.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace tickerhouse::base {

static_assert(std::endian::native == std::endian::little,
              "the tape is read in place; its byte order is little-endian");

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  // Only what has no padding: what is stored must not hold what happened to be in memory.
  template <typename T>
    requires std::is_trivially_copyable_v<T> &&
             (std::has_unique_object_representations_v<T> || std::is_floating_point_v<T>)
  void put(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(std::string_view text) {
    put(static_cast<std::uint32_t>(text.size()));
    out_.append(text);
  }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  template <typename T>
    requires std::is_trivially_copyable_v<T>
  T get() {
    if constexpr (std::is_same_v<T, bool>) {  // any other byte is none
      const auto byte = get<std::uint8_t>();
      ok_ = ok_ && byte <= 1;
      return byte == 1;
    } else {
      T value{};
      if (!take(sizeof value)) return value;
      std::memcpy(&value, in_.data() + at_ - sizeof value, sizeof value);
      return value;
    }
  }
  std::string_view get_text() {
    const auto size = get<std::uint32_t>();
    if (!take(size)) return {};
    return in_.substr(at_ - size, size);
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && at_ == in_.size(); }

 private:
  bool take(std::size_t size) {
    if (!ok_ || in_.size() - at_ < size) return ok_ = false;
    at_ += size;
    return true;
  }
  std::string_view in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

}  // namespace tickerhouse::base

#include "formats/printable.h"

#include <algorithm>

#include "formats/utf8.h"

namespace tickerhouse::formats {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::size_t kCharacterBytesMax = 4;

// Bytes of the character there; 0: none that is valid.
std::size_t character_at(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return size <= bytes.size() && is_utf8(bytes.substr(0, size)) ? size : 0;
}

// ASCII's and Latin-1's; a terminal obeys both.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

void append_printable(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = character_at(bytes);
    const std::string_view character = bytes.substr(0, std::max<std::size_t>(size, 1));
    bytes.remove_prefix(character.size());
    if (size > 0 && !is_control(character)) {
      out.append(character);
      continue;
    }
    for (const char byte : character) {
      const auto value = static_cast<unsigned char>(byte);
      out.append("\\x").append(1, kHexDigits[value >> 4U]).append(1, kHexDigits[value & 15U]);
    }
  }
}

std::string_view beginning_of(std::string_view bytes, std::size_t bytes_max) {
  if (bytes.size() <= bytes_max) return bytes;
  std::size_t end = bytes_max;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(bytes[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && bytes_max - end < kCharacterBytesMax && continues(end)) --end;
  // Bytes that are no text have no characters to cut between.
  return bytes.substr(0, bytes_max - end < kCharacterBytesMax ? end : bytes_max);
}

}  // namespace tickerhouse::formats

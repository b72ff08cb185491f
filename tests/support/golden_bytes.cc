#include "tests/support/golden_bytes.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/support/paths.h"

namespace tickerhouse::tests {

std::string golden_bytes(const std::string& name) {
  std::ifstream file(repository() / "tests/golden" / (name + ".hex"));
  EXPECT_TRUE(file.is_open()) << name;
  std::string bytes;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string offset;
    words >> offset;
    for (unsigned byte = 0; words >> std::hex >> byte;) bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

std::string as_golden(const std::string& bytes) {
  std::string text;
  char part[24];
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 16 == 0) {
      std::snprintf(part, sizeof part, "%s%04zx ", i == 0 ? "" : "\n", i);
      text.append(part);
    }
    std::snprintf(part, sizeof part, " %02x", static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
    text.append(part);
  }
  return text.append("\n");
}

}  // namespace tickerhouse::tests

// A directory for a tape that goes away with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "tape/lmdb_tape.h"
#include "tests/contract/tape_rows.h"

namespace tickerhouse::contract {

class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tickerhouse-tape-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
  }
  ~TestDirectory() {
    std::error_code code;
    if (!path_.empty()) std::filesystem::remove_all(path_, code);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(const char* name) const {
    return std::string(path_).append("/").append(name);
  }

 private:
  std::string path_;
};

inline std::unique_ptr<flow::Tape> open_or_fail(const tape::LmdbTapeOptions& options) {
  auto tape = tape::open_lmdb_tape(options);
  if (!tape.ok()) {
    ADD_FAILURE() << tape.error().message();
    return nullptr;
  }
  return std::move(tape).value();
}

}  // namespace tickerhouse::contract

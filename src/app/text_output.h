// Where an export goes: stdout, or a file that appears whole or not at all.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickerhouse::app {

class TextOutput {
 public:
  // path "" is stdout. A file is written as path + ".staging" and renamed by finish(); a pipe or a device is
  // written to as it is.
  static base::Result<std::unique_ptr<TextOutput>> open(const std::string& path);
  ~TextOutput();
  TextOutput(const TextOutput&) = delete;
  TextOutput& operator=(const TextOutput&) = delete;
  base::Status write(std::string_view text);
  base::Status finish();

 private:
  TextOutput(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  base::Error failed(const char* doing) const;
  std::FILE* file_;
  std::string path_;
  bool staged_ = false;
};

// There, and no regular file: nothing may be put in its place.
bool is_special_file(const std::string& path);

}  // namespace tickerhouse::app

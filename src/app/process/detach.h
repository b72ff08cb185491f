// Going on in the background: a child without a terminal, whose words go to a file.
#pragma once

#include <string>

#include "base/result.h"

namespace tickerhouse::app {

class Background {
 public:
  // Returns in the child. The parent waits until the child is ready, prints what it says, and ends: 0, or
  // with the child's exit code if that ended first. To be called before there are threads.
  static base::Result<Background> enter(const std::string& log_file);
  Background(Background&& other) noexcept;
  Background& operator=(Background&&) = delete;
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  ~Background();
  void ready(const std::string& text);  // printed by the parent

 private:
  explicit Background(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace tickerhouse::app

// A few threads for answers that take their time, so that the thread of the sockets never waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tickerhouse::serve {

class Workers {
 public:
  Workers(std::size_t threads, std::size_t waiting_max);
  ~Workers();  // jobs that have begun end, those that wait are dropped
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  bool post(std::function<void()> job);  // false: too many wait

 private:
  void run();
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tickerhouse::serve

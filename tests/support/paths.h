// Where tests find files: nothing but this header knows how.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace tickerhouse::tests {

// The root of the repository the test was built from.
inline std::filesystem::path repository() { return TICKERHOUSE_REPOSITORY; }

// The folder of recorded market data, kept beside the repository: TICKERHOUSE_TEST_DATA, or ../shared/data.
// It may be missing: a test that needs it calls GTEST_SKIP then (and a skip in CI is a failure).
inline std::filesystem::path test_data() {
  const char* folder = std::getenv("TICKERHOUSE_TEST_DATA");
  return folder != nullptr && *folder != '\0' ? std::filesystem::path(folder)
                                              : repository() / "../shared/data";
}

}  // namespace tickerhouse::tests

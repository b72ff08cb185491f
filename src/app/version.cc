#include "app/version.h"

namespace tickerhouse::app {

std::string version_number() { return TICKERHOUSE_VERSION; }

std::string version_text() {
  std::string text = "tickerhouse " TICKERHOUSE_VERSION "\ncompiler ";
#if defined(__clang__)
  text.append("clang " __clang_version__);
#else
  text.append("g++ " __VERSION__);
#endif
#if defined(__AVX2__)
  return text.append(", AVX2\n");
#else
  return text.append(", baseline\n");
#endif
}

}  // namespace tickerhouse::app

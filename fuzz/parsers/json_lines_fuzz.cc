// The fast reader may decline; what it accepts the strict one accepts too, with the same fields. And any
// bytes give records or rejects, never anything else.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "formats/json_scan.h"
#include "formats/json_walk.h"
#include "formats/mapping.h"

namespace {

using namespace tickerhouse::formats;

void compare(std::string_view line) {
  static JsonWalker walker(own_keys());
  static FlatScanner scanner(own_keys());  // has seen all lines before
  if (!scanner.scan(line)) return;
  if (walker.walk(line)) std::abort();
  for (std::size_t i = 0; i < scanner.slots().size(); ++i) {
    const RawField& fast = scanner.slots()[i];
    if (fast.type != walker.slots()[i].type || fast.text != walker.slots()[i].text) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto decoder = make_json_decoder(Mapping());
  static std::vector<Record> records;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (line.find('\n') != std::string_view::npos) return 0;
  compare(line);
  if (decoder->decode(line, records) == LineState::records && records.empty()) std::abort();
  return 0;
}

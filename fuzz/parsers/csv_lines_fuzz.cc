// The first line is the header, or with the first byte odd there is none; the others are records. Any bytes
// give records or rejects.
#include <cstdint>
#include <cstdlib>

#include "formats/mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse::formats;
  if (size == 0) return 0;
  MappingText text;
  text.format = "csv";
  if ((data[0] & 1U) != 0) {
    text.header = false;
    text.symbol = "A";
    text.fields = {{"ts", "$1"}, {"price", "$2*0.01"}, {"size", "$3"}};
    text.ts_unit = "s";
  }
  Mapping mapping;
  if (!compile_mapping(text, mapping).empty()) std::abort();
  const auto decoder = make_csv_decoder(mapping);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<Record> records;
  bool primed = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (!primed) {
      const auto state = decoder->prime(line);
      primed = state != LineDecoder::Primed::more;
      if (state != LineDecoder::Primed::ready) continue;
    }
    if (decoder->decode(line, records) == LineState::records && records.size() != 1) std::abort();
  }
  return 0;
}

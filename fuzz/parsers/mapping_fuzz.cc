// Lines of KEY VALUE become a mapping's text: it compiles or says what is wrong, and a decoder made from it
// survives a line.
#include <cstdint>
#include <string>

#include "formats/mapping.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse::formats;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  MappingText text;
  for (int key = 0; !rest.empty() && key < 16; ++key) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    switch (key) {
      case 0:
        text.format = line;
        break;
      case 1:
        text.delimiter = line;
        break;
      case 2:
        text.symbol = line;
        break;
      case 3:
        text.date = line;
        break;
      case 4:
        text.prefix = line;
        break;
      case 5:
        text.ts_unit = line;
        break;
      case 6:
        text.where.push_back(line);
        break;
      default:
        text.fields[line.substr(0, line.find('='))] = line.substr(std::min(line.size(), line.find('=') + 1));
    }
  }
  Mapping mapping;
  if (!compile_mapping(text, mapping).empty()) return 0;
  std::vector<Record> records;
  const auto decoder = mapping.format == Format::csv ? make_csv_decoder(mapping) : make_json_decoder(mapping);
  decoder->prime("a,b,c,d");
  decoder->decode(R"(1700000000 {"a":{"b":"1"},"c":[1,2],"d":1.5})", records);
  decoder->decode("1,2,3,4", records);
  return 0;
}

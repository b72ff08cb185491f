// The first line is a schema, the rest a value: both are refused or read, and what is read is JSON.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <nlohmann/json.hpp>

#include "formats/avro/avro_schema.h"
#include "formats/utf8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerhouse::formats;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto schema = AvroSchema::parse(all.substr(0, end));
  if (!schema.ok()) return 0;
  std::string json;
  if (!schema->append_json(all.substr(end + 1), json)) return 0;
  if (is_utf8(json) && !nlohmann::json::accept(json)) std::abort();
  return 0;
}

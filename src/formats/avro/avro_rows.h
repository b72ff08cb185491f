// Rows as values of our own schemas of Avro (event.avsc, bar.avsc): the columns of exports by their names.
// What avro_schema.h makes of such a value reads back as the same row (message.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/avro/avro_schema.h"
#include "formats/output.h"

namespace tickerhouse::formats {

std::string_view event_schema();
std::string_view bar_schema();

// The head of a message in the wire format of a schema registry.
void append_schema_id(std::string& out, std::uint32_t id);

// A record of texts, numbers, decimals, times and enums, or of unions of null and one of these.
class AvroRowWriter {
 public:
  // One of the two above.
  explicit AvroRowWriter(std::string_view schema);

  void append_event(std::string& out, const market::EventRow& row, const EventNames& names);
  void append_bar(std::string& out, std::string_view symbol, const market::BarRow& bar);

 private:
  void take(std::string_view name, std::string_view text);
  void write(std::string& out);

  AvroSchema schema_;
  std::vector<std::string> texts_;  // of the row in hand, by field
};

}  // namespace tickerhouse::formats

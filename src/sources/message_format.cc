#include "sources/message_format.h"

#include "formats/message.h"
#include "market/reject.h"
#include "sources/zone.h"

namespace tickerhouse::sources {

base::Result<formats::Mapping> mapping_of_messages(const formats::Mapping& mapping, const std::string& topic,
                                                   const Schemas* schemas) {
  formats::Mapping complete = mapping;
  ASSIGN_OR_RETURN(complete.rules.to_utc, make_zone(mapping.zone));
  complete.header = false;
  complete.alone = true;
  const bool csv = complete.format == formats::Format::csv;
  if (csv && (complete.fields.empty() || !make_message_format(complete, nullptr).decoder->problems().empty()))
    return base::Error{base::ErrorCode::configuration,
                       "a message has no header: say by number which column holds what (--map price=$3)",
                       topic};
  if (complete.format == formats::Format::avro && schemas == nullptr)
    return base::Error{base::ErrorCode::configuration, "Avro needs a schema registry (kafka.schema_registry)",
                       topic};
  return complete;
}

// Of a message that is CSV the columns have numbers.
MessageFormat make_message_format(const formats::Mapping& mapping, Schemas* schemas) {
  if (mapping.format == formats::Format::avro)
    return {formats::make_avro_decoder(mapping, *schemas), schemas};
  if (mapping.format != formats::Format::csv) return {formats::make_json_decoder(mapping)};
  auto decoder = formats::make_csv_decoder(mapping);
  decoder->prime("0");
  return {std::move(decoder)};
}

bool decode_message(formats::LineDecoder& decoder, std::string_view value, std::uint64_t offset, Line& line,
                    std::vector<formats::Record>& records) {
  records.clear();
  if (formats::is_control_json(value)) return false;
  line = {value, offset, 0, value.size(), false, false, {}};
  if (line.length > market::kRejectBytesMax) {
    line.text = line.text.substr(0, market::kRejectBytesMax);
    line.too_long = true;
    line.hash = base::hash128(value);
    records.emplace_back().fault = market::RejectReason::line_too_long;
    return true;
  }
  return decoder.decode(line.text, records) == formats::LineState::records;
}

}  // namespace tickerhouse::sources

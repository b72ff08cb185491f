// Messages in the wire format of Confluent's schema registry: a zero, the id of a schema as four bytes, the
// most significant first, then a value written with that schema.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/avro/avro_schema.h"
#include "formats/mapping.h"

namespace tickerhouse::formats {

// Nullopt: another format.
std::optional<std::uint32_t> schema_id_of(std::string_view message);

// What follows it.
std::string_view without_schema_id(std::string_view message);

// The schemas that are known, by id. One thread.
class SchemaBook {
 public:
  virtual ~SchemaBook() = default;
  // Asks for the message's schema if it has not been seen yet; what is no Avro is known as such from then on.
  // `io`, `configuration`: the registry does not answer, or not us.
  virtual base::Status learn(std::string_view message) = 0;
  // Makes a schema of ours known for the messages of a topic; its id. `configuration`: it is not compatible
  // with what is known there.
  virtual base::Result<std::uint32_t> add(const std::string& topic, std::string_view schema) = 0;
  // Null: unknown, or not Avro.
  [[nodiscard]] virtual const AvroSchema* find(std::uint32_t id) const = 0;
};

// Appends the JSON that a message means. false: it is in another format, of a schema that the book does not
// know, or no value of it; `json` then ends anywhere.
[[nodiscard]] bool append_message_json(const SchemaBook& book, std::string_view message, std::string& json);

// Each message is read as the JSON that it means (avro_schema.h); bad_avro if it is in another format, of an
// unknown schema, or no value of it. The mapping is copied, the book outlives the decoder.
std::unique_ptr<LineDecoder> make_avro_decoder(const Mapping& mapping, const SchemaBook& book);

// What of the mapping cannot be found in values of the schema, or is of a type that does not fit: each a
// line. Empty: it fits.
std::vector<std::string> problems_of(const AvroSchema& schema, const Mapping& mapping);

}  // namespace tickerhouse::formats
